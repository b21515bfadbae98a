import { Headers } from '../message/headers.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { Refusal } from '../message/screen.ts';
import { SdpRejection } from '../sdp/rejection.ts';
import type { AudioStream } from '../sdp/session.ts';
import type { ServerTransaction } from '../transaction/server_transaction.ts';
import { AcceptedInvite } from './accepted_invite.ts';
import { isOwnMethod, namedHeaders, refusalOf, sayAbilities } from './agent_parts.ts';
import type { Acknowledgement, DialogLink } from './dialog_link.ts';
import { LocalChanges } from './local_changes.ts';
import type { OfferAnswer } from './offer_answer.ts';
import { formatReason, type Reason, readReasons } from './reason.ts';
import { RemoteChanges, refuseOverlap } from './remote_changes.ts';
import type { Ending, Parting, RequestAnswer, RequestContent, SessionTimerState } from './session.ts';
import { timerOfResponse } from './session_expires.ts';
import type { DialogUser } from './session_table.ts';
import { SessionTimer } from './session_timer.ts';

/** What the session hears of a dialog of its own. */
export interface UsageEvents {
  changed(stream: AudioStream): void;
  changeRefused(status: number): void;
  info(request: SipRequest): RequestAnswer;
  request(server: ServerTransaction): boolean;
  allowsOffer(request: SipRequest): boolean;
  /** Takes a PRACK and answers it; false when there is nothing that waits for one. */
  prack(server: ServerTransaction): boolean;
  /** The dialog's state is another than before. */
  moved(): void;
  /** It was ended, other than by `bye` or `close`. */
  over(ending: Ending): void;
  /** Nothing of it is left. */
  gone(): void;
}

type Acknowledged = (ack: SipRequest | undefined) => void;

/** Header fields of a message that ends something. */
export function partingHeaders({ headers, reason }: Parting): Headers {
  const all = headers?.copy() ?? new Headers();
  return reason === undefined ? all : all.append('Reason', formatReason(reason));
}

/**
 * One dialog that an INVITE made, early or confirmed, until its end (an INVITE usage, RFC 5057 §3): answers what comes
 * in it, changes the session, keeps it alive and hangs up.
 */
export class InviteUsage implements DialogUser {
  readonly link: DialogLink;
  readonly #events: UsageEvents;
  readonly #timer: SessionTimer;
  #media: OfferAnswer | undefined;
  #local: LocalChanges | undefined;
  #remote: RemoteChanges | undefined;
  /** The last 2xx of ours that has no ACK yet. */
  #accepted: AcceptedInvite | undefined;
  /** BYE to send when that came. */
  #waitingBye: Parting | undefined;
  #phase: 'early' | 'confirmed' | 'closed' = 'early';
  /** Whether the first offer has been answered, reliably: before that nothing may be offered again (RFC 3311 §5.1). */
  #isOpen = false;
  #acknowledgement: Acknowledgement | undefined;

  constructor(link: DialogLink, events: UsageEvents, media?: OfferAnswer) {
    this.link = link;
    this.#events = events;
    this.#timer = new SessionTimer(link.parts.clock, {
      refresh: () => this.#local?.refresh(),
      expired: () => this.#over({ by: 'timeout' }),
    });
    if (media !== undefined) this.describe(media);
    link.parts.table.addDialog(link.dialog.key, this);
  }

  get media(): OfferAnswer | undefined {
    return this.#media;
  }

  get isConfirmed(): boolean {
    return this.#phase === 'confirmed';
  }

  get timer(): SessionTimerState | undefined {
    return this.#timer.state;
  }

  /** Names what this end can do with audio, once. */
  describe(media: OfferAnswer): void {
    const { link } = this;
    this.#media = media;
    this.#local = new LocalChanges(
      { link, media, allowed: () => this.#allowed(), timer: () => this.#timer.state },
      {
        changed: stream => this.#events.changed(stream),
        changeRefused: status => this.#events.changeRefused(status),
        refreshed: response => this.#refreshed(response),
        over: ending => this.#over(ending),
        idle: () => this.#events.moved(),
      },
    );
    this.#remote = new RemoteChanges(link, media, {
      allowsOffer: request => this.#events.allowsOffer(request),
      changed: stream => this.#events.changed(stream),
      timed: timer => this.#timer.start(timer),
    });
  }

  /** The first offer is answered, and both ends know. */
  open(): void {
    this.#isOpen = true;
    this.#local?.resume();
  }

  /** Inbound: the INVITE was accepted; `acknowledged` hears its ACK, or none where a further request shows it lost. */
  accepted(server: ServerTransaction, timer: SessionTimerState, acknowledged: Acknowledged): void {
    this.#phase = 'confirmed';
    this.#isOpen = true;
    this.#timer.start(timer);
    this.#awaitAck(server, acknowledged);
  }

  /** Outbound: the INVITE was accepted, and its ACK has left. */
  confirmed(acknowledgement: Acknowledgement, response: SipResponse): void {
    this.#acknowledgement = acknowledgement;
    this.#phase = 'confirmed';
    this.link.learn(response);
    this.#timer.start(timerOfResponse(response.headers, this.link.parts.sessionTimer));
    this.open();
  }

  /** From a snapshot: a refresh of ours may be due already. */
  restored(timer: SessionTimerState | undefined, refreshInMs: number): void {
    this.#phase = 'confirmed';
    this.#timer.start(timer, refreshInMs);
    this.open();
  }

  /** Offers what `media` says by now. */
  offer(): void {
    this.#local?.offer();
  }

  /** Sends any request; `answered` hears its final response, or that there is none. */
  request(method: string, content: RequestContent, answered: (response?: SipResponse) => void): void {
    const headers = content.headers?.copy() ?? new Headers();
    if (content.contentType !== undefined) headers.set('Content-Type', content.contentType);
    const { body, outlivesSilence = false } = content;
    this.link.request(
      { method, headers, ...(body && { body }) },
      {
        final: response => {
          answered(response);
          if (!(outlivesSilence && response.status === 408)) this.#mindEnd(response.status);
        },
        failed: ({ cause }) => {
          answered();
          if (cause === 'timeout' && !outlivesSilence) this.#mindEnd(408);
        },
      },
    );
    this.#events.moved();
  }

  /** Sends BYE, as soon as it may be sent (§15), and is gone after its answer. */
  bye(parting: Parting): void {
    if (this.#phase === 'closed') return;
    this.#close();
    if (this.#accepted === undefined) this.#sendBye(parting);
    else this.#waitingBye = parting;
  }

  /** Ends without BYE; PRACKs and the like that are under way are still answered until `retire`. */
  close(): void {
    this.#close();
  }

  /** Is no longer found. */
  retire(): void {
    this.#close();
    this.#accepted?.stop();
    this.link.parts.table.removeDialog(this.link.dialog.key);
    this.#events.gone();
  }

  receive(server: ServerTransaction): void {
    const { request } = server;
    if (!this.link.dialog.receive(request)) {
      server.respond(500);
      return;
    }
    this.link.learn(request);
    if (this.#phase === 'closed') this.#receiveClosed(server);
    else this.#receiveOpen(server);
  }

  acknowledged(ack: SipRequest): void {
    this.#accepted?.receive(ack);
  }

  acceptedAgain(response: SipResponse): void {
    if (this.#acknowledgement?.cseq === response.cseq.number) this.#acknowledgement.again();
  }

  /** BYEs cross; what else comes finds nothing any more. */
  #receiveClosed(server: ServerTransaction): void {
    const { method } = server.request;
    const isPracked = method === 'PRACK' && this.#events.prack(server);
    if (!isPracked) server.respond(method === 'BYE' ? 200 : 481);
  }

  #receiveOpen(server: ServerTransaction): void {
    const { request } = server;
    const refusal: Refusal | undefined = refusalOf(request);
    if (refusal !== undefined) server.respond(refusal.status, { headers: refusal.headers });
    else this.#dispatch(server);
    if (request.method !== 'BYE' && this.#phase === 'confirmed') this.#events.moved();
  }

  #dispatch(server: ServerTransaction): void {
    const { request } = server;
    const { method } = request;
    if (method === 'BYE') this.#receiveBye(server);
    else if (method === 'INVITE') this.#receiveInvite(server);
    else if (method === 'UPDATE') this.#receiveUpdate(server);
    else if (method === 'INFO') this.#receiveInfo(server);
    else if (method === 'PRACK') this.#receivePrack(server);
    else if (method === 'OPTIONS') server.respond(200, { headers: this.#abilities() });
    else if (isOwnMethod(method) || !this.#events.request(server)) this.#refuse(server);
  }

  /** Of what is told here nobody has asked to be told (RFC 6665 §4.1.3). */
  #refuse(server: ServerTransaction): void {
    if (server.request.method === 'NOTIFY') server.respond(481);
    else server.respond(405, { headers: this.#abilities() });
  }

  #receiveBye(server: ServerTransaction): void {
    server.respond(200);
    const reasons = readReasons(server.request.headers);
    this.#close();
    this.#accepted?.stop();
    this.#events.over({ by: 'remote', reasons });
    this.retire();
  }

  /** A change of ours, or an offer in a response of ours, waits for its answer. */
  get #isOffering(): boolean {
    return (this.#local?.isOffering ?? false) || (this.#media?.isPending ?? false);
  }

  #receiveInvite(server: ServerTransaction): void {
    if (!this.#isOffering) this.#accepted?.settle();
    // §14.2: ours is under way, or an offer of ours; or the INVITE before has no final response.
    if (this.#isOffering) server.respond(491);
    else if (this.#phase !== 'confirmed' || this.#remote === undefined)
      refuseOverlap(server, this.link.parts);
    else if (this.#remote.reinvite(server)) this.#awaitAck(server, ack => this.#takeLateAnswer(ack));
    else this.#local?.resume();
  }

  #receiveUpdate(server: ServerTransaction): void {
    const hasOffer = server.request.body.length > 0;
    if (hasOffer && this.#isOffering) server.respond(491);
    else if (this.#remote === undefined || (hasOffer && !this.#isOpen))
      refuseOverlap(server, this.link.parts);
    else this.#remote.update(server);
  }

  #receivePrack(server: ServerTransaction): void {
    if (!this.#events.prack(server)) server.respond(481);
  }

  #receiveInfo(server: ServerTransaction): void {
    const { status, headers } = this.#events.info(server.request);
    server.respond(status, { headers: namedHeaders(this.link.parts.serverName, 'Server', headers) });
  }

  /** Answers a PRACK that carries an offer (RFC 3262 §5). */
  answerOffer(server: ServerTransaction): void {
    if (this.#remote === undefined) server.respond(488);
    else this.#remote.prack(server);
  }

  #abilities(): Headers {
    return sayAbilities(namedHeaders(this.link.parts.serverName, 'Server'));
  }

  #awaitAck(server: ServerTransaction, acknowledged: Acknowledged): void {
    this.#accepted = new AcceptedInvite(server, this.link.parts.clock, {
      acknowledged: ack => {
        this.#accepted = undefined;
        if (this.#sendWaitingBye()) return;
        acknowledged(ack);
        // Where a further INVITE shows that it was lost, that one is to be answered before ours leaves.
        if (ack !== undefined) this.#local?.resume();
      },
      overdue: () => {
        this.#accepted = undefined;
        if (!this.#sendWaitingBye()) this.#over({ by: 'timeout' });
      },
    });
  }

  #sendWaitingBye(): boolean {
    const parting = this.#waitingBye;
    if (parting === undefined) return false;
    this.#waitingBye = undefined;
    this.#sendBye(parting);
    return true;
  }

  /** The answer to our offer in the 2xx to a re-INVITE without one. */
  #takeLateAnswer(ack: SipRequest | undefined): void {
    if (ack === undefined || !this.#media?.awaits('invite')) return;
    try {
      this.#events.changed(this.#media.takeAnswer(ack));
    } catch (error) {
      if (!(error instanceof SdpRejection)) throw error;
      this.#over({ by: 'error' });
    }
  }

  #refreshed(response: SipResponse): void {
    this.#timer.start(timerOfResponse(response.headers, this.link.parts.sessionTimer));
  }

  #mindEnd(status: number): void {
    if (status === 481 || status === 408) this.#over({ by: 'timeout', status });
  }

  #allowed(): 'none' | 'update' | 'any' {
    if (!this.#isOpen || this.#accepted !== undefined || this.#media?.isPending) return 'none';
    return this.#phase === 'early' ? 'update' : 'any';
  }

  /** Ended by what happened in the dialog; the far end hears a BYE, in case that it is there. */
  #over(ending: Omit<Ending, 'reasons'>, reasons: readonly Reason[] = []): void {
    const wasConfirmed = this.#phase === 'confirmed';
    this.#events.over({ ...ending, reasons });
    if (wasConfirmed) this.bye({});
  }

  #close(): void {
    this.#phase = 'closed';
    this.#timer.stop();
    this.#local?.stop();
  }

  #sendBye(parting: Parting): void {
    this.link.request(
      { method: 'BYE', headers: partingHeaders(parting) },
      { final: () => this.retire(), failed: () => this.retire() },
    );
  }
}
