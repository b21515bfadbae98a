import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import type { Trunk } from '../config/trunks.ts';

/** Where a secret lies: in a variable or in a file. */
export interface SecretPlace {
  readonly variable: string | undefined;
  readonly file: string | undefined;
}

/**
 * Fetches a trunk's password or PIN; a line end at its end does not belong to it.
 * @param folder what file names are relative to
 * @throws TrunklineError CONFIG_INVALID when it is not there, empty or too large; never with its text
 */
export function readSecret({ variable, file }: SecretPlace, folder: string, env: NodeJS.ProcessEnv): string {
  const [text, place] =
    variable !== undefined ? [env[variable] ?? '', variable] : [readSecretFile(folder, file ?? ''), file];
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new TrunklineError('CONFIG_INVALID', `${place} holds no secret`);
  if (secret.length > LIMITS.trunkSecretCharacters || /\p{Cc}/u.test(secret))
    throw new TrunklineError('CONFIG_INVALID', `${place} holds what is no secret of one line`);
  return secret;
}

function readSecretFile(folder: string, file: string): string {
  try {
    const path = resolve(folder, file);
    const found = statSync(path);
    // A device or a pipe has no end, and no secret fills a block of the disk.
    if (!found.isFile()) throw new TrunklineError('CONFIG_INVALID', `${file} is no file`);
    if (found.size > 4096) throw new TrunklineError('CONFIG_INVALID', `${file} is too large for a secret`);
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof TrunklineError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new TrunklineError('CONFIG_INVALID', `${file} can't be read (${code})`, { cause });
  }
}

/**
 * Looks whether all passwords and PINs of the trunks are there.
 * @throws TrunklineError CONFIG_INVALID naming the trunk
 */
export function assertTrunkSecrets(trunks: readonly Trunk[], folder: string, env: NodeJS.ProcessEnv): void {
  for (const { name, inboundDigest, outboundDigest, dispatch } of trunks) {
    const digests = [inboundDigest, outboundDigest].filter(digest => digest !== undefined);
    const passwords = digests.map(({ passwordEnv, passwordFile }) => ({
      variable: passwordEnv,
      file: passwordFile,
    }));
    const pins = dispatch
      .map(({ pinEnv, pinFile }) => ({ variable: pinEnv, file: pinFile }))
      .filter(({ variable, file }) => variable !== undefined || file !== undefined);
    for (const place of [...passwords, ...pins]) {
      try {
        readSecret(place, folder, env);
      } catch (cause) {
        if (!(cause instanceof TrunklineError)) throw cause;
        throw new TrunklineError('CONFIG_INVALID', `trunk ${name}: ${cause.detail}`, { cause });
      }
    }
  }
}
