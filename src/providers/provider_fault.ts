import { type ErrorCode, TrunklineError } from '../config/errors.ts';

/**
 * What kind of failure it was, which decides what is tried next: `auth` (a key that is missing or wrong), `rateLimited`,
 * `refused` (this very request will not be served, elsewhere perhaps), `unavailable` (no connection, 5xx), `timeout` (nothing
 * came, or not in time), `protocol` (what came makes no sense).
 */
export type FaultKind = 'auth' | 'rateLimited' | 'refused' | 'unavailable' | 'timeout' | 'protocol';

/** A provider failed. `detail` names provider and failure, never what was said, nor a key. */
export class ProviderFault extends TrunklineError {
  readonly kind: FaultKind;
  /** After which the provider itself says that it may be tried again, milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: Extract<ErrorCode, 'STT_FAILED' | 'LLM_FAILED' | 'TTS_FAILED' | 'SPEECH_FAILED'>,
    kind: FaultKind,
    detail: string,
    options: { readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(code, detail, { cause: options.cause });
    this.name = 'ProviderFault';
    this.kind = kind;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** What an HTTP status (RFC 9110 §15) says of a request that was not served. */
export function faultOfStatus(status: number): FaultKind {
  if (status === 401 || status === 403) return 'auth';
  if (status === 429) return 'rateLimited';
  if (status === 408 || status === 504) return 'timeout';
  return status >= 500 ? 'unavailable' : 'refused';
}

/** Milliseconds of a Retry-After header (RFC 9110 §10.2.3); undefined where there is none, or none that can be read. */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  if (header === undefined || header === null) return undefined;
  const seconds = Number(header);
  const ms = header.trim() !== '' && Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
