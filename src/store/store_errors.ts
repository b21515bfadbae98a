import { type ErrorCode, TrunklineError } from '../config/errors.ts';

/** Connection exceptions, resources, operator intervention, system errors (PostgreSQL 16, appendix A). */
const UNAVAILABLE_CLASSES = new Set(['08', '53', '57', '58', '25', '40', '55']);
/** Data exceptions and constraint violations: the same rows will fail again. */
const DATA_CLASSES = new Set(['22', '23']);

function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * A database error by the table of errors. Without an SQLSTATE the server was not reached or went away; what it
 * refuses for the values themselves is BAD_REQUEST, told without them.
 * @param otherwise for everything else that the server refuses
 */
export function asStoreError(error: unknown, otherwise: ErrorCode, detail: string): TrunklineError {
  if (error instanceof TrunklineError) return error;
  const state = sqlState(error);
  if (state === undefined || UNAVAILABLE_CLASSES.has(state.slice(0, 2))) {
    return new TrunklineError('STORE_UNAVAILABLE', detail, { cause: error });
  }
  if (DATA_CLASSES.has(state.slice(0, 2))) {
    return new TrunklineError('BAD_REQUEST', `the database refuses a value (SQLSTATE ${state})`);
  }
  return new TrunklineError(otherwise, `${detail} (SQLSTATE ${state})`, { cause: error });
}

/** True when the rows themselves are what the database refuses: they will be refused again. */
export function isRefusal(error: unknown): boolean {
  return error instanceof TrunklineError && error.code === 'BAD_REQUEST';
}
