import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import { type FaultKind, ProviderFault } from '../provider_fault.ts';

const text = z.string().max(LIMITS.speechTranscriptCharacters);
const id = z.string().max(256);
const tokens = z.number().optional();
const details = z
  .object({
    text_tokens: tokens,
    audio_tokens: tokens,
    cached_tokens_details: z.object({ text_tokens: tokens, audio_tokens: tokens }).optional(),
  })
  .optional();
const usage = z
  .object({ input_token_details: details, output_token_details: details, seconds: z.number().optional() })
  .nullish();
const error = z.object({ type: z.string().nullish(), code: z.string().nullish(), event_id: id.nullish() });

/** What is read of a server event (https://developers.openai.com/api/reference/resources/realtime/server-events). */
const EVENT = z.object({
  type: z.string(),
  item_id: id.optional(),
  response_id: id.optional(),
  /** Base64 of sound, or text. */
  delta: z.string().optional(),
  transcript: text.optional(),
  /** Whole, of a call. */
  arguments: z.string().optional(),
  item: z
    .object({
      id: id.optional(),
      type: z.string().optional(),
      status: z.string().optional(),
      role: z.string().optional(),
      name: id.optional(),
      call_id: id.optional(),
      arguments: z.string().optional(),
    })
    .optional(),
  response: z
    .object({
      id: id.optional(),
      status: z.string().optional(),
      status_details: z.object({ reason: z.string().nullish(), error: error.nullish() }).nullish(),
      usage,
    })
    .optional(),
  usage,
  error: error.nullish(),
  rate_limits: z
    .array(z.object({ remaining: z.number().optional(), reset_seconds: z.number().optional() }))
    .optional(),
});
export type ServerEvent = z.infer<typeof EVENT>;
export type TokenUsage = NonNullable<z.infer<typeof usage>>;

/** Undefined where it is none. */
export function readEvent(json: string): ServerEvent | undefined {
  try {
    return EVENT.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined;
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u;

/** Undefined where it is no base64. */
export function readSound(delta: string): Buffer | undefined {
  return BASE64.test(delta) ? Buffer.from(delta, 'base64') : undefined;
}

/** Of an error object of the API (https://developers.openai.com/api/docs/guides/error-codes). */
export function kindOfError(told: ServerEvent['error']): FaultKind {
  const { code, type } = told ?? {};
  if (code === 'invalid_api_key' || type === 'authentication_error') return 'auth';
  if (code === 'rate_limit_exceeded' || code === 'insufficient_quota') return 'rateLimited';
  if (type === 'server_error' || code === 'server_error' || code === 'session_expired') return 'unavailable';
  return 'refused';
}

/** When the limit that is used up the longest has room again; undefined where none is. */
export function limitedForMs({ rate_limits: limits = [] }: ServerEvent): number | undefined {
  const waits = limits.filter(({ remaining }) => remaining === 0).map(one => one.reset_seconds ?? 0);
  return waits.length === 0 ? undefined : Math.max(...waits) * 1000;
}

export function speechFault(kind: FaultKind, detail: string, retryAfterMs?: number): ProviderFault {
  return new ProviderFault('SPEECH_FAILED', kind, detail, { retryAfterMs });
}
