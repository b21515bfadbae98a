import type { Headers } from '../message/headers.ts';
import { formatParams, type Param, paramValue, parseParams } from '../message/params.ts';
import { isToken, parseNumber, quote, unquote } from '../message/syntax.ts';

/** One Reason value (RFC 3326 §2): `SIP;cause=200;text="Call completed elsewhere"`, `Q.850;cause=16`. */
export interface Reason {
  /** As written: `SIP`, `Q.850`, `preemption`, … */
  readonly protocol: string;
  /** Status code for SIP, ITU-T Q.850 cause for Q.850. */
  readonly cause?: number | undefined;
  readonly text?: string | undefined;
}

const MOST_CAUSE = 999;

/** The Reason values of a message; those that cannot be read are left out. */
export function readReasons(headers: Headers): Reason[] {
  return headers.list('reason').flatMap(value => {
    const cut = value.indexOf(';');
    const protocol = (cut < 0 ? value : value.slice(0, cut)).trim();
    const params = parseParams(cut < 0 ? '' : value.slice(cut));
    if (!isToken(protocol) || params === undefined) return [];
    const text = paramValue(params, 'text');
    return {
      protocol,
      cause: parseNumber(paramValue(params, 'cause') ?? '', MOST_CAUSE),
      text: text === undefined ? undefined : unquote(text),
    };
  });
}

/** Writes one value. Throws SipFormatError for a text with a line break, or a cause that is no number. */
export function formatReason({ protocol, cause, text }: Reason): string {
  const params: Param[] = [];
  if (cause !== undefined) params.push({ name: 'cause', value: String(cause) });
  if (text !== undefined) params.push({ name: 'text', value: quote(text) });
  return `${protocol}${formatParams(params)}`;
}
