/** What the reader can mend: an option, a file that is not what it should be. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Words for what the system said of a file. */
export function explainFileError(error: unknown, path: string): InputError {
  const { code } = error as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'this user may not open it',
    EPERM: 'this user may not open it',
    EROFS: 'it can only be read',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of its path is no folder',
    EEXIST: 'a part of its path is no folder',
    ENOSPC: 'the disk is full',
  };
  return new InputError(`${path}: ${reasons[code ?? ''] ?? `can not be used (${code ?? 'unknown'})`}`, {
    cause: error,
  });
}
