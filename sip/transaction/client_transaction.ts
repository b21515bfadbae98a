import type { Clock } from '../clock.ts';
import { Headers } from '../message/headers.ts';
import { NO_BODY, type SipRequest, type SipResponse } from '../message/message.ts';
import type { Flow, Hop, Transport, TransportFailure } from '../transport/transport.ts';

/** Why a request got no final response: to be taken as 408 and as 503 (RFC 3261 §8.1.3.1). */
export type ClientFailure = { readonly cause: 'timeout' } | TransportFailure;

/** What the user of a client transaction hears. Never called before `request` has returned. */
export interface ClientEvents {
  /** Each provisional response, the final one, and, for an INVITE, each further 2xx (forked, or sent again). */
  response(response: SipResponse, flow: Flow): void;
  /** Nothing final will come. */
  failed(failure: ClientFailure): void;
  /** The transaction is gone; the last thing it says. */
  ended?(): void;
}

export type ClientState = 'calling' | 'trying' | 'proceeding' | 'completed' | 'accepted' | 'terminated';

/** A request of this end, until its answers can no longer come. */
export interface ClientTransaction {
  /** As it is sent, but for what the transport puts into its Via. */
  readonly request: SipRequest;
  readonly state: ClientState;
  /** Where it went: after a change of protocol for its size. */
  readonly hop: Hop;
  /**
   * Sends CANCEL for an INVITE (§9.1), as soon as there was a provisional response; `headers` (Reason, RFC 3326) go
   * with it. Does nothing once a final response came, or for other methods.
   */
  cancel(headers?: Headers): void;
}

/** What both kinds of client transaction are made of. */
export interface ClientParts {
  readonly request: SipRequest;
  readonly hop: Hop;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly events: ClientEvents;
  /** Takes the transaction out of the layer's table. */
  readonly ended: () => void;
}

/** A client transaction as the layer drives it. */
export interface ClientMachine extends ClientTransaction {
  receive(response: SipResponse, flow: Flow): void;
}

/** A request that goes with another hop by hop: same Request-URI, topmost Via, Route, From, Call-ID, CSeq number. */
function companionOf(request: SipRequest, method: string, headers: Headers): SipRequest {
  const { uri, vias, from, to, callId, cseq, routes } = request;
  return {
    kind: 'request',
    method,
    uri,
    maxForwards: 70,
    vias: vias.slice(0, 1),
    from,
    to,
    callId,
    cseq: { number: cseq.number, method },
    contacts: [],
    routes,
    recordRoutes: [],
    headers,
    body: NO_BODY,
  };
}

/** ACK to a final response other than 2xx (§17.1.1.3): inside the INVITE's transaction, To as the response has it. */
export function ackOf(invite: SipRequest, { to }: SipResponse): SipRequest {
  return { ...companionOf(invite, 'ACK', new Headers()), to };
}

/** CANCEL of a request (§9.1). */
export function cancelOf(invite: SipRequest, headers = new Headers()): SipRequest {
  return companionOf(invite, 'CANCEL', headers);
}
