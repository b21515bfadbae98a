import { Headers } from '../message/headers.ts';
import type { SipRequest } from '../message/message.ts';
import { mediaType } from '../message/multipart.ts';
import { paramValue, parseParams } from '../message/params.ts';
import type { Refusal } from '../message/screen.ts';

/** What a NOTIFY says of a referral (RFC 3515 §2.4). */
export interface Notice {
  /** Number of the REFER that it is about, where it says so. */
  readonly id: number | undefined;
  /** Nothing more will be told (RFC 6665 §4.1.3). */
  readonly isLast: boolean;
  /** Of the call that the far end places; undefined where it has no body. */
  readonly status: number | undefined;
}

const FRAGMENT = 'message/sipfrag';
/** The status line of a response, and nothing of what may follow (RFC 3420 §2). */
const STATUS_LINE = /^SIP\/2\.0 ([1-6]\d\d)(?: [^\r\n]*)?(?:\r?\n|$)/;
const EVENT = /^\s*refer\s*(;.*)?$/is;
const ID = /^\d{1,10}$/;

/** @returns what it is answered with where it is none of a referral, or makes no sense */
export function readNotice({ headers, body }: SipRequest): Notice | Refusal {
  const [, rest = ''] = EVENT.exec(headers.get('event') ?? '') ?? [];
  if (!EVENT.test(headers.get('event') ?? ''))
    return { status: 489, headers: Headers.of({ 'Allow-Events': 'refer' }) };
  const params = parseParams(rest);
  const id = params && paramValue(params, 'id');
  if (params === undefined || (id !== undefined && !ID.test(id)))
    return { status: 400, headers: new Headers() };
  const status = statusOf(headers.get('content-type'), body);
  if (typeof status === 'object') return status;
  const state = headers.get('subscription-state') ?? 'active';
  return { id: id === undefined ? undefined : Number(id), isLast: /^\s*terminated\b/i.test(state), status };
}

function statusOf(type: string | undefined, body: Buffer): number | undefined | Refusal {
  if (body.length === 0) return undefined;
  if (mediaType(type ?? '') !== FRAGMENT) return { status: 415, headers: Headers.of({ Accept: FRAGMENT }) };
  const [, status] = STATUS_LINE.exec(body.toString('latin1', 0, 512)) ?? [];
  return status === undefined ? { status: 400, headers: new Headers() } : Number(status);
}
