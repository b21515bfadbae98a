import { TrunklineError } from '../config/errors.ts';

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT']);
const NOT_ALLOWED = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Any error as one of the table. */
function asTrunklineError(error: unknown): TrunklineError {
  if (error instanceof TrunklineError) return error;
  const { code = '', path = 'a file', message } = error as NodeJS.ErrnoException;
  if (NO_SPACE.has(code)) return new TrunklineError('DISK_FULL', `writing ${path}`, { cause: error });
  if (NOT_ALLOWED.has(code)) {
    const detail = `this user may not use ${path} (${code}): start as its owner, or set dataDir`;
    return new TrunklineError('STEP_FAILED', detail, { cause: error });
  }
  // A system call's, such as of a file where a folder should be.
  if (error instanceof Error && 'syscall' in error)
    return new TrunklineError('STEP_FAILED', message, { cause: error });
  return new TrunklineError('INTERNAL', message ?? String(error), { cause: error });
}

/** What a person reads of an error: one sentence, and below it what the failed program said last. */
export function failureText(error: unknown): string {
  const trunklineError = asTrunklineError(error);
  const [sentence, ...lastWords] = trunklineError.message.split('\n');
  return [`${sentence}. To mend it: ${trunklineError.remedy}.`, ...lastWords.map(line => `    ${line}`)].join(
    '\n',
  );
}
