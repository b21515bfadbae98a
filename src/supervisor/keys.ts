import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
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
const TOKEN = /^[A-Za-z0-9_-]{24,128}$/;

/**
 * Makes the keys that are missing; one that is there is used or refused, never replaced.
 * @throws TrunklineError KEY_INVALID
 */
export function ensureKeys(config: Config, paths: NodePaths): NodeKeys {
  mkdirSync(paths.keys, { recursive: true, mode: 0o700 });
  chmodSync(paths.keys, 0o700);
  const apiKeyFile = join(paths.keys, 'api.key');
  ensureToken(apiKeyFile);
  return {
    apiKeyFile,
    livekitSecret: livekitSecret(config, join(paths.keys, 'livekit.key')),
    redisPassword: ensureToken(join(paths.keys, 'redis.key')),
    sealKeyFile: ensureSealKey(config, paths),
  };
}

function livekitSecret({ livekit }: Config, file: string): string {
  if (livekit.apiSecret === '') return ensureToken(file);
  if (livekit.apiSecret.length < MIN_LIVEKIT_SECRET) {
    throw new TrunklineError(
      'KEY_INVALID',
      `livekit.apiSecret has fewer than ${MIN_LIVEKIT_SECRET} characters`,
    );
  }
  return livekit.apiSecret;
}

/** The seal key opens what the database holds: where there is a database, a missing key is never made anew. */
function ensureSealKey(config: Config, paths: NodePaths): string {
  const configured = config.sealKeyFile;
  const file = configured === '' ? join(paths.keys, 'seal.key') : asAbsolute(configured, paths.project);
  if (!existsSync(file)) {
    if (configured !== '') throw new TrunklineError('KEY_INVALID', `${file} (sealKeyFile) is missing`);
    if (existsSync(join(paths.postgres, 'cluster'))) {
      throw new TrunklineError('KEY_INVALID', `${file} is missing, and the database holds what it sealed`);
    }
    ensureKeyFile(file);
  }
  assertReadable(file);
  readKeyFile(file);
  return file;
}

function asAbsolute(file: string, folder: string): string {
  return isAbsolute(file) ? file : resolve(folder, file);
}

/** A random word kept in a file of its own. */
function ensureToken(file: string): string {
  if (!existsSync(file)) writeSecretFile(file, `${randomBytes(32).toString('base64url')}\n`);
  assertReadable(file);
  const token = readFileSync(file, 'utf8').trim();
  if (!TOKEN.test(token)) {
    throw new TrunklineError(
      'KEY_INVALID',
      `${file} does not hold one word of 24 to 128 letters, digits, _ or -`,
    );
  }
  return token;
}

function assertReadable(file: string): void {
  try {
    readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new TrunklineError('KEY_INVALID', `${file} can't be read (${code})`, { cause });
  }
  if ((statSync(file).mode & 0o077) === 0) return;
  try {
    chmodSync(file, 0o600);
  } catch (cause) {
    throw new TrunklineError('KEY_INVALID', `${file} can be read by other users: chmod 600 it`, { cause });
  }
}
