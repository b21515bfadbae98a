import { TrunklineError } from '../config/errors.ts';

/** What a log may say of an error of a call. */
export interface Fault {
  readonly code: string;
  readonly detail?: string;
  readonly at: readonly string[];
}

const FRAMES = 8;

/** Only our own errors keep their words: those of others may hold what was said on the call. */
export function describeFault(error: unknown): Fault {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = stack
    .split('\n')
    .filter(line => line.startsWith('    at '))
    .slice(0, FRAMES)
    .map(line => line.slice('    at '.length));
  if (error instanceof TrunklineError) return { code: error.code, detail: error.detail, at };
  return { code: error instanceof Error ? error.name : typeof error, at };
}
