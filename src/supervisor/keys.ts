import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensureKeyFile, readKeyFile } from '../compliance/key_file.ts';
import { writeSecretFile } from '../compliance/secret_file.ts';
import { TrunklineError } from '../config/errors.ts';
import type { NodePaths } from '../config/paths.ts';
import type { Config } from '../config/schema.ts';

/** The secrets of a node. */
export interface NodeKeys {
  /** Shared by LiveKit, its SIP service and the roles. */
  readonly livekitSecret: string;
  /** Of the node's own Redis. */
  readonly redisPassword: string;
  /** Where the key for REST lies. */
  readonly apiKeyFile: string;
  /** Absolute path of the key file that seals personal data. */
  readonly sealKeyFile: string;
}

/** LiveKit refuses to call a shorter one safe. */
const MIN_LIVEKIT_SECRET = 32;
const API_KEY = 'api.key';
const LIVEKIT_KEY = 'livekit.key';
const REDIS_KEY = 'redis.key';
const TOKEN = /^[A-Za-z0-9_-]{24,128}$/;

/**
 * Reads the keys that are there, and changes nothing.
 * @returns those that a start would make
 * @throws TrunklineError KEY_INVALID
 */
export function checkKeys(config: Config, paths: NodePaths): string[] {
  const tokens = [API_KEY, REDIS_KEY, ...(config.livekit.apiSecret === '' ? [LIVEKIT_KEY] : [])];
  const missing = tokens.map(name => join(paths.keys, name)).filter(file => !existsSync(file));
  for (const name of tokens) if (existsSync(join(paths.keys, name))) readToken(join(paths.keys, name));
  livekitSecretOf(config);
  const sealKey = sealKeyPath(config, paths);
  assertSealKeyMayBeMade(config, paths, sealKey);
  if (existsSync(sealKey)) readKeyFile(sealKey);
  else missing.push(sealKey);
  return missing;
}

/**
 * Makes the keys that are missing; one that is there is used or refused, never replaced.
 * @throws TrunklineError KEY_INVALID
 */
export function ensureKeys(config: Config, paths: NodePaths): NodeKeys {
  mkdirSync(paths.keys, { recursive: true, mode: 0o700 });
  chmodSync(paths.keys, 0o700);
  const apiKeyFile = join(paths.keys, API_KEY);
  ensureToken(apiKeyFile);
  return {
    apiKeyFile,
    livekitSecret: livekitSecretOf(config) ?? ensureToken(join(paths.keys, LIVEKIT_KEY)),
    redisPassword: ensureToken(join(paths.keys, REDIS_KEY)),
    sealKeyFile: ensureSealKey(config, paths),
  };
}

/** The configured one, if any. */
function livekitSecretOf({ livekit }: Config): string | undefined {
  if (livekit.apiSecret === '') return undefined;
  if (livekit.apiSecret.length < MIN_LIVEKIT_SECRET) {
    throw new TrunklineError(
      'KEY_INVALID',
      `livekit.apiSecret has fewer than ${MIN_LIVEKIT_SECRET} characters`,
    );
  }
  return livekit.apiSecret;
}

function sealKeyPath({ sealKeyFile }: Config, paths: NodePaths): string {
  return sealKeyFile === '' ? join(paths.keys, 'seal.key') : resolve(paths.project, sealKeyFile);
}

/** The seal key opens what the database holds: where there is a database, a missing key is never made anew. */
function assertSealKeyMayBeMade(config: Config, paths: NodePaths, file: string): void {
  if (existsSync(file)) return;
  if (config.sealKeyFile !== '') throw new TrunklineError('KEY_INVALID', `${file} (sealKeyFile) is missing`);
  if (existsSync(join(paths.postgres, 'cluster'))) {
    throw new TrunklineError('KEY_INVALID', `${file} is missing, and the database holds what it sealed`);
  }
}

function ensureSealKey(config: Config, paths: NodePaths): string {
  const file = sealKeyPath(config, paths);
  assertSealKeyMayBeMade(config, paths, file);
  ensureKeyFile(file);
  closeToOthers(file);
  readKeyFile(file);
  return file;
}

/** A random word kept in a file of its own. */
function ensureToken(file: string): string {
  if (!existsSync(file)) writeSecretFile(file, `${randomBytes(32).toString('base64url')}\n`);
  closeToOthers(file);
  return readToken(file);
}

function readToken(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new TrunklineError('KEY_INVALID', `${file} can't be read (${code})`, { cause });
  }
  if (TOKEN.test(text)) return text;
  throw new TrunklineError(
    'KEY_INVALID',
    `${file} does not hold one word of 24 to 128 letters, digits, _ or -; without the file a new key is made`,
  );
}

function closeToOthers(file: string): void {
  if ((statSync(file).mode & 0o077) === 0) return;
  try {
    chmodSync(file, 0o600);
  } catch (cause) {
    throw new TrunklineError('KEY_INVALID', `${file} can be read by other users: chmod 600 it`, { cause });
  }
}
