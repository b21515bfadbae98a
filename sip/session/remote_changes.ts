import { Headers } from '../message/headers.ts';
import type { SipRequest } from '../message/message.ts';
import { SdpRejection } from '../sdp/rejection.ts';
import type { AudioStream } from '../sdp/session.ts';
import type { ServerTransaction } from '../transaction/server_transaction.ts';
import { type AgentParts, namedHeaders, sayAbilities } from './agent_parts.ts';
import type { DialogLink } from './dialog_link.ts';
import { overlapRetryAfterS } from './glare.ts';
import { descriptionIn, type OfferAnswer, SDP_TYPE } from './offer_answer.ts';
import type { SessionTimerState } from './session.ts';
import { answerTimer, sayTimer } from './session_expires.ts';

export interface RemoteChangeEvents {
  /** Whether the user takes an offer; a 488 otherwise. */
  allowsOffer(request: SipRequest): boolean;
  changed(stream: AudioStream): void;
  timed(timer: SessionTimerState): void;
}

/** The Warning that tells why (RFC 3261 §20.43), and Accept for a body of another kind (§8.2.3). */
export function rejectionHeaders({ reason, warningCode, message }: SdpRejection, agent: string): Headers {
  const headers = Headers.of({ Warning: `${warningCode} ${agent} "${message.replace(/["\\]/g, "'")}"` });
  return reason === 'contentType' ? headers.set('Accept', SDP_TYPE) : headers;
}

/** 500 to a change that came before the one before it was done (§14.2, RFC 3311 §5.2). */
export function refuseOverlap(server: ServerTransaction, { random }: AgentParts): void {
  const headers = Headers.of({ 'Retry-After': String(overlapRetryAfterS(random)) });
  server.respond(500, { headers });
}

/** Answers re-INVITE and UPDATE of the far end (RFC 3261 §14.2, RFC 3311 §5.2) where nothing stands against them. */
export class RemoteChanges {
  readonly #link: DialogLink;
  readonly #media: OfferAnswer;
  readonly #events: RemoteChangeEvents;

  constructor(link: DialogLink, media: OfferAnswer, events: RemoteChangeEvents) {
    this.#link = link;
    this.#media = media;
    this.#events = events;
  }

  /** Answers a re-INVITE; one without an offer gets ours. Whether it was accepted, so that its ACK is to come. */
  reinvite(server: ServerTransaction): boolean {
    return this.#answer(server, true);
  }

  update(server: ServerTransaction): void {
    this.#answer(server, false);
  }

  /** A PRACK with an offer, after our answer in the response that it acknowledges (RFC 3262 §5). */
  prack(server: ServerTransaction): void {
    this.#answer(server, false, false);
  }

  #answer(server: ServerTransaction, offersBack: boolean, refreshes = true): boolean {
    const { request } = server;
    const { parts, contact } = this.#link;
    const timer = refreshes ? answerTimer(request.headers, parts.sessionTimer) : undefined;
    if (timer !== undefined && 'status' in timer) {
      server.respond(timer.status, { headers: timer.headers });
      return false;
    }
    const before = JSON.stringify(this.#media.stream);
    const answered = this.#negotiate(server, offersBack);
    if (answered === undefined) return false;
    const headers = sayAbilities(namedHeaders(parts.serverName, 'Server'));
    if (timer !== undefined) sayTimer(headers, timer);
    if (answered.body !== undefined) headers.set('Content-Type', SDP_TYPE);
    server.respond(200, { contacts: [contact], headers, ...(answered.body && { body: answered.body }) });
    if (refreshes) this.#link.dialog.retarget(request);
    if (timer !== undefined) this.#events.timed(timer);
    const { stream } = answered;
    if (stream !== undefined && JSON.stringify(stream) !== before) this.#events.changed(stream);
    return true;
  }

  /** What the 2xx says of media; `undefined` when the request was refused. */
  #negotiate(
    server: ServerTransaction,
    offersBack: boolean,
  ): { readonly body?: Buffer; readonly stream?: AudioStream } | undefined {
    const { request } = server;
    try {
      const offer = descriptionIn(request);
      if (offer === undefined) return offersBack ? { body: this.#media.offer('invite') } : {};
      if (this.#events.allowsOffer(request)) return this.#media.answer(offer);
      server.respond(488);
    } catch (error) {
      if (!(error instanceof SdpRejection)) throw error;
      const { host } = this.#link.parts.contactOf(server.flow);
      server.respond(error.status, { headers: rejectionHeaders(error, host) });
    }
    return undefined;
  }
}
