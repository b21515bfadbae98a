import { mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { NodePaths } from '../../config/paths.ts';
import type { Config } from '../../config/schema.ts';
import type { ChildStarter } from '../child.ts';
import { findProgram } from '../find_program.ts';
import { keepSecretFile } from '../keep_secret_file.ts';
import type { Running } from '../running.ts';
import { connectHost, plainEnvironment, urlHost } from './address.ts';

const POLL_MS = 50;

/** Where the node's own Redis will be found. */
export function ownRedisUrl({ redis }: Config, password: string): string {
  return `redis://:${password}@${urlHost(connectHost(redis.host))}:${redis.port}`;
}

/** Redis as fan-out and for LiveKit's rooms: nothing of it is the record, so nothing of it is written to disk. */
export async function startRedis(
  { config, paths, password }: { config: Config; paths: NodePaths; password: string },
  starter: ChildStarter,
  signal: AbortSignal,
): Promise<Running> {
  const wanted = config.redis.path || 'redis-server';
  const program = findProgram(wanted);
  if (program === undefined) throw new TrunklineError('TOOL_MISSING', wanted);
  mkdirSync(paths.redis, { recursive: true, mode: 0o700 });
  const configFile = join(paths.run, 'redis.conf');
  keepSecretFile(configFile, redisConfig(config, paths, password));
  return await starter.start(
    {
      name: 'redis',
      program,
      args: [configFile],
      cwd: paths.redis,
      env: plainEnvironment(),
      endWith: [{ signal: 'SIGTERM', waitMs: 5000 }],
      ready: async end => {
        while (!(await answers(ownRedisUrl(config, password))))
          await sleep(POLL_MS, undefined, { signal: end });
      },
      readyLimitMs: LIMITS.serviceReadyMs,
    },
    signal,
  );
}

/** redis.conf; a file because arguments can be read by every user. */
export function redisConfig({ redis }: Config, paths: NodePaths, password: string): string {
  const settings: readonly (readonly [string, ...string[]])[] = [
    ['bind', redis.host],
    ['port', `${redis.port}`],
    ['requirepass', password],
    ['dir', quoted(paths.redis)],
    ['save', '""'],
    ['appendonly', 'no'],
    ['daemonize', 'no'],
    ['maxmemory', `${LIMITS.redisMemoryMegabytes}mb`],
    ['maxmemory-policy', 'noeviction'],
  ];
  return `${settings.map(words => words.join(' ')).join('\n')}\n`;
}

/** Redis reads quoted words with C's escapes; all but letters, digits and what paths are made of goes by number. */
function quoted(text: string): string {
  const bytes = Array.from(Buffer.from(text, 'utf8'), byte => {
    const character = String.fromCharCode(byte);
    return /[\w/.-]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `"${bytes.join('')}"`;
}

async function answers(url: string): Promise<boolean> {
  try {
    await assertRedisAnswers(url, 'redis');
    return true;
  } catch (error) {
    if (error instanceof TrunklineError && error.code === 'KEY_INVALID') throw error;
    return false;
  }
}

/** @throws TrunklineError KEY_INVALID when it refuses the password, STEP_FAILED when it does not answer */
export async function assertRedisAnswers(url: string, key: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    retryStrategy: null,
    connectTimeout: 2000,
    maxRetriesPerRequest: 0,
  });
  let failure: Error | undefined;
  client.on('error', error => {
    failure ??= error;
  });
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    const cause = failure ?? error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (/NOAUTH|WRONGPASS|invalid password/i.test(reason)) {
      throw new TrunklineError('KEY_INVALID', `${key}: Redis refuses the password`, { cause });
    }
    throw new TrunklineError('STEP_FAILED', `${key}: Redis does not answer (${reason})`, { cause });
  } finally {
    client.disconnect();
  }
}

/** The same Redis as LiveKit's programs are told of it. */
export function livekitRedis(url: string): Record<string, unknown> {
  const { hostname, port, username, password, pathname, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    address: `${isIP(host) === 6 ? `[${host}]` : host}:${port || 6379}`,
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(pathname.length > 1 && { db: Number(pathname.slice(1)) }),
    ...(protocol === 'rediss:' && { use_tls: true }),
  };
}
