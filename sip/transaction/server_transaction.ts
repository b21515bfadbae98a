import type { Clock } from '../clock.ts';
import type { ResponseParts } from '../message/build.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { Flow, Transport, TransportFailure } from '../transport/transport.ts';

/** Why a response did not reach its end: no ACK came, no answer was given in time, or the transport broke. */
export type ServerFailure = { readonly cause: 'timeout' } | TransportFailure;

/** What the user of a server transaction hears. */
export interface ServerEvents {
  /** The caller gave up on an INVITE without a final response; its CANCEL is answered, the 487 is the user's (§9.2). */
  cancelled?(cancel: SipRequest): void;
  /** The ACK to a final response other than 2xx came. */
  acknowledged?(): void;
  failed?(failure: ServerFailure): void;
  /** The transaction is gone; the last thing it says. */
  ended?(): void;
}

export type ServerState = 'trying' | 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';

/** A request of a peer, until its copies can no longer come. */
export interface ServerTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly state: ServerState;
  /** Tag of this end in every response but 100: that of the request's To, or a new one (RFC 3261 §8.2.6.2). */
  readonly localTag: string;
  /** Who hears of it; the last one named. */
  watch(events: ServerEvents): void;
  /**
   * Builds and sends a response. For an INVITE, each 2xx after the first is sent too (§13.3.1.4 has the user repeat
   * it). `undefined`, and nothing sent, when a final response has been given.
   */
  respond(status: number, parts?: Omit<ResponseParts, 'toTag'>): SipResponse | undefined;
  /** Sends the last response once more: the user's means to repeat a 2xx until its ACK comes. */
  resend(): void;
}

/** What both kinds of server transaction are made of. */
export interface ServerParts {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly localTag: string;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Takes the transaction out of the layer's tables. */
  readonly ended: () => void;
}

/** A server transaction as the layer drives it. */
export interface ServerMachine extends ServerTransaction {
  /** The same request once more. */
  receiveAgain(): void;
  /** Whether an ACK was this transaction's own: to a final response other than 2xx. */
  receiveAck(ack: SipRequest): boolean;
  receiveCancel(cancel: SipRequest): void;
}
