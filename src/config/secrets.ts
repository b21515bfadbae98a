import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { TrunklineError } from './errors.ts';
import { LIMITS } from './limits.ts';

const SECRET_FILE_BYTES = 4096;

/** Where a secret lies: in a variable or in a file. */
export interface SecretPlace {
  readonly variable: string | undefined;
  readonly file: string | undefined;
}

/**
 * Fetches a password, PIN or key; a line end at its end does not belong to it.
 * @param folder what file names are relative to
 * @throws TrunklineError CONFIG_INVALID when it is not there, empty or too large; never with its text
 */
export function readSecret({ variable, file }: SecretPlace, folder: string, env: NodeJS.ProcessEnv): string {
  const [text, place] =
    variable !== undefined
      ? [env[variable] ?? '', variable]
      : [readSecretFile(folder, file ?? '', SECRET_FILE_BYTES), file];
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new TrunklineError('CONFIG_INVALID', `${place} holds no secret`);
  if (secret.length > LIMITS.trunkSecretCharacters || /\p{Cc}/u.test(secret))
    throw new TrunklineError('CONFIG_INVALID', `${place} holds what is no secret of one line`);
  return secret;
}

/**
 * A file with a secret of any number of lines.
 * @throws TrunklineError CONFIG_INVALID when it is no file, or too large
 */
export function readSecretFile(folder: string, file: string, limitBytes: number): string {
  try {
    const path = resolve(folder, file);
    const found = statSync(path);
    // A device or a pipe has no end, and no secret fills a block of the disk.
    if (!found.isFile()) throw new TrunklineError('CONFIG_INVALID', `${file} is no file`);
    if (found.size > limitBytes)
      throw new TrunklineError('CONFIG_INVALID', `${file} is too large for a secret`);
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof TrunklineError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new TrunklineError('CONFIG_INVALID', `${file} can't be read (${code})`, { cause });
  }
}
