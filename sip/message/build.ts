import { Headers } from './headers.ts';
import { newCallId, newTag } from './ids.ts';
import { NO_BODY, reasonOf, type SipRequest, type SipResponse } from './message.ts';
import { type NameAddr, tagOf, withTag } from './name_addr.ts';
import type { Uri } from './uri.ts';

export interface RequestParts {
  readonly method: string;
  readonly uri: Uri;
  /** Gets a tag when it has none. */
  readonly from: NameAddr;
  readonly to: NameAddr;
  /** A new one when left out. */
  readonly callId?: string;
  readonly cseq: number;
  readonly contacts?: readonly NameAddr[] | '*';
  readonly routes?: readonly NameAddr[];
  readonly headers?: Headers;
  /** Goes with a Content-Type in `headers`. */
  readonly body?: Buffer;
}

/** A request as a UAC makes it (RFC 3261 §8.1.1). Its Via is the transaction layer's. */
export function newRequest(parts: RequestParts): SipRequest {
  const { method, uri, from, to, callId, cseq, contacts, routes, headers, body } = parts;
  return {
    kind: 'request',
    method,
    uri,
    maxForwards: 70,
    vias: [],
    from: tagOf(from) === undefined ? withTag(from, newTag()) : from,
    to,
    callId: callId ?? newCallId(),
    cseq: { number: cseq, method },
    contacts: contacts ?? [],
    routes: routes ?? [],
    recordRoutes: [],
    headers: headers ?? new Headers(),
    body: body ?? NO_BODY,
  };
}

export interface ResponseParts {
  /** Other than the usual phrase of the status. */
  readonly reason?: string;
  /** For a To without a tag; §8.2.6.2 wants one in all but 100. */
  readonly toTag?: string | undefined;
  readonly contacts?: readonly NameAddr[];
  readonly headers?: Headers;
  readonly body?: Buffer;
}

/**
 * A response to a request (RFC 3261 §8.2.6): Via, From, Call-ID, CSeq and Timestamp (in a 100) as they came, To with the
 * tag, and Record-Route where it makes a dialog (§12.1.1: 101 to 299).
 */
export function newResponse(request: SipRequest, status: number, parts: ResponseParts = {}): SipResponse {
  const { vias, from, to, callId, cseq, recordRoutes } = request;
  const { reason, toTag, contacts, body } = parts;
  const headers = parts.headers?.copy() ?? new Headers();
  const timestamp = request.headers.get('timestamp');
  if (status === 100 && timestamp !== undefined) headers.set('Timestamp', timestamp);
  return {
    kind: 'response',
    status,
    reason: reason ?? reasonOf(status),
    vias,
    from,
    to: toTag !== undefined && status > 100 && tagOf(to) === undefined ? withTag(to, toTag) : to,
    callId,
    cseq,
    contacts: contacts ?? [],
    routes: [],
    recordRoutes: status > 100 && status < 300 ? recordRoutes : [],
    headers,
    body: body ?? NO_BODY,
  };
}
