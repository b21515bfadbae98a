import type { Headers } from './headers.ts';
import type { NameAddr } from './name_addr.ts';
import type { Uri } from './uri.ts';
import type { Via } from './via.ts';

/** CSeq (RFC 3261 §20.16). */
export interface CSeq {
  /** 0 to 2³²−1. */
  readonly number: number;
  readonly method: string;
}

/** What requests and responses share. Every field with a place here stands only here, never in `headers`. */
export interface SipHead {
  /** Topmost first; at least one in what was received. */
  readonly vias: readonly Via[];
  readonly from: NameAddr;
  readonly to: NameAddr;
  readonly callId: string;
  readonly cseq: CSeq;
  /** `*` in a REGISTER that removes every binding (§10.2.2). */
  readonly contacts: readonly NameAddr[] | '*';
  readonly routes: readonly NameAddr[];
  readonly recordRoutes: readonly NameAddr[];
  /** Everything else but Content-Length, which is the body's. */
  readonly headers: Headers;
}

export interface SipRequest extends SipHead {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: Uri;
  /** 0 to 255; RFC 2543 peers send none. */
  readonly maxForwards: number | undefined;
  readonly body: Buffer;
}

export interface SipResponse extends SipHead {
  readonly kind: 'response';
  /** 100 to 699. */
  readonly status: number;
  readonly reason: string;
  readonly body: Buffer;
}

export type SipMessage = SipRequest | SipResponse;

export const NO_BODY: Buffer = Buffer.alloc(0);

/** Reason phrases of RFC 3261 §21 and of the extensions that this end answers with. */
const REASONS: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  181: 'Call Is Being Forwarded',
  182: 'Queued',
  183: 'Session Progress',
  200: 'OK',
  202: 'Accepted',
  302: 'Moved Temporarily',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  421: 'Extension Required',
  422: 'Session Interval Too Small',
  423: 'Interval Too Brief',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  483: 'Too Many Hops',
  484: 'Address Incomplete',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  491: 'Request Pending',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  505: 'Version Not Supported',
  513: 'Message Too Large',
  600: 'Busy Everywhere',
  603: 'Decline',
  606: 'Not Acceptable',
};

/** The phrase that goes with a status; that of its class when there is none of its own. */
export function reasonOf(status: number): string {
  return REASONS[status] ?? REASONS[Math.floor(status / 100) * 100] ?? 'Unknown';
}
