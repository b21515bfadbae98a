import type { SipRequest } from '../../sip/message/message.ts';
import { mediaType } from '../../sip/message/multipart.ts';
import type { RequestAnswer } from '../../sip/session/session.ts';

export interface InfoKey {
  /** 0–9, A–D, * or #. */
  readonly key: string;
  readonly durationMs: number;
}

const DEFAULT_MS = 160;
const MOST_MS = 60_000;

/**
 * A key in the body of an INFO, as PBXs send it: `Signal=5` and `Duration=160` (application/dtmf-relay), or the key
 * alone (application/dtmf).
 * @returns undefined for what is neither, and 'unknownType' for a body of another type
 */
export function readInfoKey(contentType: string, body: Buffer): InfoKey | 'unknownType' | undefined {
  const type = mediaType(contentType);
  if (type !== 'application/dtmf-relay' && type !== 'application/dtmf') return 'unknownType';
  if (body.length > 256) return undefined;
  const text = body.toString('latin1');
  const signal = type === 'application/dtmf' ? text.trim() : fieldOf(text, 'signal');
  const key = keyOf(signal ?? '');
  if (key === undefined) return undefined;
  const durationMs = Number(fieldOf(text, 'duration') ?? DEFAULT_MS);
  return { key, durationMs: durationMs > 0 && durationMs <= MOST_MS ? durationMs : DEFAULT_MS };
}

/** What an INFO is answered with; `onKey` hears the key in it. */
export function answerInfo(
  { headers, body }: SipRequest,
  onKey: (key: string, durationMs: number) => void,
): RequestAnswer {
  const key = readInfoKey(headers.get('content-type') ?? '', body);
  if (key === 'unknownType') return { status: 415 };
  if (key !== undefined) onKey(key.key, key.durationMs);
  return { status: key === undefined ? 400 : 200 };
}

function fieldOf(text: string, name: string): string | undefined {
  const line = new RegExp(`^\\s*${name}\\s*=\\s*(\\S{1,8})\\s*$`, 'im').exec(text);
  return line?.[1];
}

/** Some name * and # by their numbers among the events (RFC 4733 §3.2). */
function keyOf(signal: string): string | undefined {
  if (/^[\d*#]$|^[A-D]$/i.test(signal)) return signal.toUpperCase();
  return { '10': '*', '11': '#', '12': 'A', '13': 'B', '14': 'C', '15': 'D' }[signal];
}
