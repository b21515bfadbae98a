// Plain JavaScript for Node 18 and later: see packages.mjs.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** A failure that is told in one sentence, without a stack. */
export class Failure extends Error {}

/** Tells what failed in a sentence and ends with exit code 1. */
export function fail(error) {
  if (error instanceof Failure) process.stderr.write(`✗ ${error.message}\n`);
  else if (error.code === 'ENOSPC') process.stderr.write(`✗ no space is left on the disk of ${ROOT}\n`);
  else if (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS')
    process.stderr.write(`✗ ${error.path ?? ROOT} can't be written (${error.code}): start as its owner\n`);
  else process.stderr.write(`✗ ${error.stack}\n`);
  process.exit(1);
}
