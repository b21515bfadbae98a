import type { DialogState } from '../dialog/dialog.ts';
import type { DigestClient } from '../digest/client.ts';
import type { Headers } from '../message/headers.ts';
import type { SipRequest } from '../message/message.ts';
import type { NameAddr } from '../message/name_addr.ts';
import { serialize } from '../message/serialize.ts';
import { parseNumber } from '../message/syntax.ts';
import type { SessionDescription } from '../sdp/description.ts';
import { SdpRejection } from '../sdp/rejection.ts';
import type { AudioStream } from '../sdp/session.ts';
import type { ServerTransaction } from '../transaction/server_transaction.ts';
import type { Flow } from '../transport/transport.ts';
import { type AgentParts, contactOn, namedHeaders, sayAbilities } from './agent_parts.ts';
import { CallSession } from './call_session.ts';
import { DialogLink } from './dialog_link.ts';
import { identityOf } from './identity.ts';
import { InviteUsage, partingHeaders } from './invite_usage.ts';
import { SESSION_LIMITS } from './limits.ts';
import { descriptionIn, OfferAnswer, SDP_TYPE } from './offer_answer.ts';
import { Progress } from './progress.ts';
import { readReasons } from './reason.ts';
import { names, RELIABLE_TAG } from './reliable.ts';
import { rejectionHeaders } from './remote_changes.ts';
import type {
  Ending,
  Identity,
  InboundSession,
  MediaSnapshot,
  Parting,
  ProgressOptions,
  RingingSnapshot,
  SessionMedia,
} from './session.ts';
import { answerTimer, sayTimer } from './session_expires.ts';

/** A call to this end: the INVITE's server side until its ACK (RFC 3261 §13.3), then a dialog like any other. */
export class InboundCall extends CallSession implements InboundSession {
  readonly direction = 'inbound';
  readonly callId: string;
  readonly localTag: string;
  readonly identity: Identity;
  readonly invite: SipRequest;
  readonly flow: Flow;
  readonly hasOffer: boolean;
  protected readonly usage: InviteUsage;
  readonly #server: ServerTransaction;
  readonly #contact: NameAddr;
  readonly #progress: Progress;
  /** Our answer to the offer of the INVITE. */
  #answer: Buffer | undefined;
  /** Whether our answer, or our offer, has left in a reliable response: nothing else may say it again. */
  #isSaid = false;
  /** `accept` was called, and waits for a PRACK. */
  #waiting: { readonly headers?: Headers } | undefined;
  #isAccepted = false;

  /**
   * @param dialog as the INVITE makes it, or as it was when a snapshot was taken
   * @param digest answers challenges to our requests in it
   */
  constructor(server: ServerTransaction, dialog: DialogState, parts: AgentParts, digest?: DigestClient) {
    super(parts);
    const { request, flow, localTag } = server;
    this.#server = server;
    this.invite = request;
    this.flow = flow;
    this.callId = request.callId;
    this.localTag = localTag;
    this.identity = identityOf(request);
    this.hasOffer = request.body.length > 0;
    this.#contact = contactOn(flow, parts, request.uri.kind === 'sip' ? request.uri.user : undefined);
    const link = new DialogLink({
      parts,
      dialog,
      hop: { ...flow.remote, protocol: flow.protocol },
      contact: this.#contact,
      digest,
      allows: request.headers.list('allow'),
    });
    this.usage = new InviteUsage(
      link,
      this.usageEvents({
        prack: prack => this.#prack(prack),
        over: ending => this.#over(ending),
        gone: () => parts.table.removeSession(this),
      }),
    );
    this.#progress = new Progress(server, parts.clock, parts.random, {
      undelivered: () => this.#refuse(504, undefined, { by: 'timeout', status: 504, reasons: [] }),
    });
    this.#watch(server);
  }

  negotiate(media: SessionMedia): AudioStream | undefined {
    const { usage } = this;
    const offer = this.#readOffer();
    const described = new OfferAnswer(media);
    described.direction = this.isHeld ? 'sendonly' : 'sendrecv';
    const answered = offer && described.answer(offer);
    usage.describe(described);
    this.#answer = answered?.body;
    return answered?.stream;
  }

  ringingSnapshot(): RingingSnapshot | undefined {
    if (this.state === 'ended' || this.#isAccepted || this.#progress.isWaiting) return undefined;
    const { protocol, local, remote } = this.flow;
    return {
      invite: serialize(this.invite).toString('base64'),
      flow: { protocol, local, remote },
      dialog: this.usage.link.dialog.state,
      media: this.usage.media?.snapshot(),
      answer: this.#isSaid ? undefined : this.#answer?.toString('base64'),
    };
  }

  /** Goes on from what another process has negotiated. */
  restoreMedia(media: MediaSnapshot, answer: string | undefined): void {
    this.usage.describe(OfferAnswer.restore(media));
    this.#answer = answer === undefined ? undefined : Buffer.from(answer, 'base64');
    this.#isSaid = media.stream !== undefined && answer === undefined;
    if (this.#isSaid) this.usage.open();
  }

  progress(status: number, { withMedia = false, reliable, headers }: ProgressOptions = {}): void {
    if (this.state !== 'early' || this.#isAccepted || this.#waiting !== undefined) return;
    const requires = names(this.invite, 'require', RELIABLE_TAG);
    const supports = requires || names(this.invite, 'supported', RELIABLE_TAG);
    const isReliable = requires || (supports && (reliable ?? withMedia));
    const body = withMedia ? this.#describe(isReliable) : undefined;
    this.#isSaid ||= isReliable && body !== undefined;
    const all = sayAbilities(namedHeaders(this.parts.serverName, 'Server', headers));
    if (body !== undefined) all.set('Content-Type', SDP_TYPE);
    const parts = { headers: all, contacts: [this.#contact], ...(body && { body }) };
    this.#progress.send({ status, parts, reliable: isReliable });
  }

  accept(options: { readonly headers?: Headers } = {}): void {
    if (this.state !== 'early' || this.#isAccepted) return;
    if (this.usage.media === undefined) throw new TypeError('accepted before it was negotiated');
    this.#waiting = options;
    if (!this.#progress.holdsMedia) this.#acceptNow(options);
  }

  reject(status: number, options: { readonly headers?: Headers; readonly reason?: string } = {}): void {
    if (this.#isAccepted) this.hangUp();
    else this.#refuse(status, options, { by: 'local', status, reasons: [] });
  }

  rejectWith(rejection: SdpRejection): void {
    const { host } = this.parts.contactOf(this.flow);
    this.reject(rejection.status, { headers: rejectionHeaders(rejection, host) });
  }

  redirect(contacts: readonly NameAddr[]): void {
    if (!this.#isAccepted) this.#refuse(302, { contacts }, { by: 'local', status: 302, reasons: [] });
  }

  protected leave(parting: Parting): Pick<Ending, 'status'> {
    if (this.#isAccepted) {
      this.usage.bye(parting);
      return {};
    }
    this.#respondFinally(480, { headers: partingHeaders(parting) });
    return { status: 480 };
  }

  #readOffer(): SessionDescription | undefined {
    if (this.usage.media !== undefined) throw new TypeError('negotiated twice');
    return descriptionIn(this.invite);
  }

  /** What the next response says of media; `undefined` when it has been said, or must not be said in this one. */
  #describe(isReliable: boolean): Buffer | undefined {
    const { media } = this.usage;
    if (media === undefined) throw new TypeError('media before it was negotiated');
    if (this.#isSaid) return undefined;
    return this.hasOffer || !isReliable ? this.#answer : media.offer('invite');
  }

  #acceptNow({ headers }: { readonly headers?: Headers }): void {
    const timer = answerTimer(this.invite.headers, this.parts.sessionTimer);
    // An interval below ours was refused before there was a session.
    if ('status' in timer) return;
    const body = this.#describe(true);
    const all = sayAbilities(namedHeaders(this.parts.serverName, 'Server', headers));
    sayTimer(all, timer);
    if (body !== undefined) all.set('Content-Type', SDP_TYPE);
    this.#isAccepted = true;
    this.#progress.stop();
    this.#server.respond(200, { headers: all, contacts: [this.#contact], ...(body && { body }) });
    this.usage.accepted(this.#server, timer, ack => this.#acknowledged(ack));
  }

  /** The ACK carries the answer where the 200 had our offer. */
  #acknowledged(ack: SipRequest | undefined): void {
    const { media } = this.usage;
    try {
      const stream = media?.awaits('invite') && ack !== undefined ? media.takeAnswer(ack) : media?.stream;
      if (stream !== undefined) this.confirm(stream);
    } catch (error) {
      if (!(error instanceof SdpRejection)) throw error;
      this.usage.bye({});
      this.finish({ by: 'error', reasons: [] });
    }
  }

  #prack(server: ServerTransaction): boolean {
    const acknowledged = this.#progress.acknowledge(server.request);
    if (acknowledged === undefined) return false;
    const { media } = this.usage;
    const isAnswer = media?.awaits('invite') ?? false;
    if (isAnswer) this.#takeAnswer(server.request);
    // Our answer has arrived: a description in its PRACK is a new offer.
    if (!isAnswer && server.request.body.length > 0 && this.state !== 'ended') this.usage.answerOffer(server);
    else server.respond(200);
    if (this.state === 'ended') return true;
    if (acknowledged.parts.body !== undefined) this.usage.open();
    this.#progress.next();
    if (this.#waiting !== undefined && !this.#progress.holdsMedia) this.#acceptNow(this.#waiting);
    return true;
  }

  #takeAnswer(prack: SipRequest): void {
    try {
      this.usage.media?.takeAnswer(prack);
    } catch (error) {
      if (!(error instanceof SdpRejection)) throw error;
      this.#refuse(error.status, undefined, { by: 'error', status: error.status, reasons: [] });
    }
  }

  #watch(server: ServerTransaction): void {
    // §13.3.1: the caller may say how long it wants to wait.
    const expiresS = parseNumber(
      this.invite.headers.get('expires') ?? '',
      SESSION_LIMITS.unansweredMs / 1_000,
    );
    const unansweredMs = expiresS === undefined ? SESSION_LIMITS.unansweredMs : expiresS * 1_000;
    const status = expiresS === undefined ? 480 : 487;
    const unanswered = this.parts.clock.after(unansweredMs, () => {
      if (!this.#isAccepted) this.#refuse(status, undefined, { by: 'timeout', status, reasons: [] });
    });
    server.watch({
      cancelled: cancel =>
        this.#refuse(487, undefined, { by: 'remote', status: 487, reasons: readReasons(cancel.headers) }),
      acknowledged: () => this.usage.retire(),
      ended: () => {
        unanswered.cancel();
        if (!this.#isAccepted) this.usage.retire();
      },
    });
  }

  /** The far end hung up by BYE, also while it rang: the INVITE gets its 487 (§15.1.2). */
  #over(ending: Ending): void {
    if (!this.#isAccepted) this.#respondFinally(487, {});
    this.finish(ending);
  }

  #refuse(status: number, options: FinalOptions | undefined, ending: Ending): void {
    if (this.state === 'ended') return;
    this.#respondFinally(status, options ?? {});
    this.finish(ending);
  }

  #respondFinally(status: number, { headers, reason, contacts }: FinalOptions): void {
    this.#progress.stop();
    this.usage.close();
    this.#server.respond(status, {
      headers: namedHeaders(this.parts.serverName, 'Server', headers),
      ...(reason !== undefined && { reason }),
      ...(contacts && { contacts }),
    });
  }
}

interface FinalOptions {
  readonly headers?: Headers;
  readonly reason?: string;
  readonly contacts?: readonly NameAddr[];
}
