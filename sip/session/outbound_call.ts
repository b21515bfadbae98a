import type { Alarm } from '../clock.ts';
import { dialogOfResponse } from '../dialog/dialog.ts';
import { newRequest } from '../message/build.ts';
import type { Headers } from '../message/headers.ts';
import { newCallId, newTag } from '../message/ids.ts';
import { NO_BODY, type SipRequest, type SipResponse } from '../message/message.ts';
import { type NameAddr, tagOf, withTag } from '../message/name_addr.ts';
import { SdpRejection } from '../sdp/rejection.ts';
import type { AudioStream } from '../sdp/session.ts';
import type { ClientFailure } from '../transaction/client_transaction.ts';
import { TIMEOUT_MS } from '../transaction/timers.ts';
import type { Hop } from '../transport/transport.ts';
import { type AgentParts, contactOn, namedHeaders, sayAbilities } from './agent_parts.ts';
import { Attempt, type Try } from './attempt.ts';
import { CallSession } from './call_session.ts';
import { type Acknowledgement, DialogLink } from './dialog_link.ts';
import { EarlyDialog } from './early_dialog.ts';
import { identityOf } from './identity.ts';
import { InviteUsage, partingHeaders } from './invite_usage.ts';
import { SESSION_LIMITS } from './limits.ts';
import { OfferAnswer, SDP_TYPE } from './offer_answer.ts';
import { readReasons } from './reason.ts';
import { RELIABLE_TAG } from './reliable.ts';
import type { Ending, Identity, InviteOptions, Parting, SessionEvents } from './session.ts';
import { askTimer, readMinSe, TIMER_TAG } from './session_expires.ts';
import type { InviteUser } from './session_table.ts';

/**
 * A call of this end: its INVITE until the 2xx and the ACK to it (RFC 3261 §13.2), over the early dialogs that proxies
 * make of it by forking, then the one dialog that was accepted first. What else accepts is acknowledged and hung up.
 */
export class OutboundCall extends CallSession implements InviteUser {
  readonly direction = 'outbound';
  readonly callId = newCallId();
  readonly localTag = newTag();
  readonly #options: InviteOptions;
  readonly #attempt: Attempt;
  readonly #unanswered: Alarm;
  readonly #media: OfferAnswer;
  readonly #offer: Buffer | undefined;
  readonly #early = new Map<string, EarlyDialog>();
  /** 2xx that were not wanted, by their tag: each copy gets its ACK again. */
  readonly #unwanted = new Map<string, Acknowledgement>();
  #identity: Identity;
  #usage: InviteUsage | undefined;
  #acknowledgement: Acknowledgement | undefined;
  #cseq = 0;
  #expiresS: number;
  #minSeS: number;
  #intervalTries = 0;

  /** Sends the INVITE. */
  constructor(options: InviteOptions, events: SessionEvents, parts: AgentParts) {
    super(parts);
    const { clock, sessionTimer, table } = parts;
    this.#options = options;
    this.events = events;
    this.#expiresS = sessionTimer.expiresS;
    this.#minSeS = sessionTimer.minSeS;
    this.#media = new OfferAnswer(options.media);
    this.#offer = options.lateOffer ? undefined : this.#media.offer('invite');
    const to = options.to ?? { uri: options.target, params: [] };
    this.#identity = { from: withTag(options.from, this.localTag), to, asserted: [], privacy: [] };
    table.addInvite(this.callId, this.localTag, this);
    this.#unanswered = clock.after(SESSION_LIMITS.unansweredMs, () => this.#giveUp());
    this.#attempt = new Attempt({
      transactions: parts.transactions,
      clock,
      hops: options.hops,
      nextHopOn: 'unwilling',
      make: hop => this.#invite(hop),
      digest: options.digest,
      events: {
        provisional: (response, sent) => this.#heard(response, sent),
        final: (response, sent) => this.#answered(response, sent),
        failed: failure => this.#failed(failure),
      },
    });
  }

  /** As the INVITE says it, and the far end from its 2xx on. */
  get identity(): Identity {
    return this.#identity;
  }

  acceptedLate(response: SipResponse): void {
    const sent = this.#attempt.lastTry;
    if (sent?.request.cseq.number === response.cseq.number) this.#answered(response, sent);
  }

  protected get usage(): InviteUsage | undefined {
    return this.#usage;
  }

  protected leave(parting: Parting): Pick<Ending, 'status'> {
    if (this.#usage?.isConfirmed) {
      this.#usage.bye(parting);
      return {};
    }
    this.#attempt.cancel(partingHeaders(parting));
    return { status: 487 };
  }

  protected override finish(ending: Ending): void {
    if (this.state === 'ended') return;
    this.#unanswered.cancel();
    super.finish(ending);
    if (this.#usage?.isConfirmed !== true) this.#dropEarly();
    // What proxies and callees still send by then finds nobody any more.
    this.parts.clock.after(2 * TIMEOUT_MS, () => {
      this.#dropEarly();
      this.parts.table.removeInvite(this.callId, this.localTag);
      this.parts.table.removeSession(this);
    });
  }

  #invite(hop: Hop): SipRequest {
    const { target, routes = [], maxForwards, reliableProgress = 'supported' } = this.#options;
    const headers = this.#headers(this.#options.headers);
    if (reliableProgress === 'required') headers.append('Require', RELIABLE_TAG);
    if (reliableProgress === 'off') headers.set('Supported', TIMER_TAG);
    askTimer(headers, this.#expiresS, this.#minSeS);
    if (this.#offer !== undefined) headers.set('Content-Type', SDP_TYPE);
    this.#cseq += 1;
    const request = newRequest({
      method: 'INVITE',
      uri: target,
      from: this.#identity.from,
      to: this.#identity.to,
      callId: this.callId,
      cseq: this.#cseq,
      contacts: [this.#contactFor(hop)],
      routes,
      headers,
      body: this.#offer ?? NO_BODY,
    });
    return maxForwards === undefined ? request : { ...request, maxForwards };
  }

  #headers(given: Headers | undefined): Headers {
    return sayAbilities(namedHeaders(this.parts.serverName, 'User-Agent', given));
  }

  #contactFor(hop: Hop): NameAddr {
    const { uri } = this.#options.from;
    const user = uri.kind === 'sip' ? uri.user : undefined;
    return contactOn({ protocol: hop.protocol, remote: hop }, this.parts, user);
  }

  #heard(response: SipResponse, sent: Try): void {
    if (this.state !== 'early') return;
    if (response.status === 100) {
      this.events.trying?.();
      return;
    }
    const tag = tagOf(response.to);
    const early = tag === undefined ? undefined : this.#earlyDialog(tag, response, sent);
    if (tag !== undefined && early === undefined) return;
    let stream: AudioStream | undefined;
    try {
      const heard = early?.receive(response);
      if (heard === 'copy') return;
      stream = heard;
    } catch (error) {
      if (!(error instanceof SdpRejection)) throw error;
      this.#attempt.cancel();
      this.finish({ by: 'error', reasons: [] });
      return;
    }
    if (this.#usage === undefined || early !== undefined) this.#usage = early?.usage;
    this.events.progress?.(response.status, stream, response);
  }

  /** The early dialog of a tag, made by the first response of it; undefined when there are too many. */
  #earlyDialog(tag: string, response: SipResponse, sent: Try): EarlyDialog | undefined {
    const known = this.#early.get(tag);
    if (known !== undefined || this.#early.size >= SESSION_LIMITS.forks) return known;
    const early = new EarlyDialog(this.#usageOf(response, sent));
    this.#early.set(tag, early);
    return early;
  }

  #usageOf(response: SipResponse, sent: Try): InviteUsage {
    const link = this.#linkOf(response, sent);
    link.learn(response);
    const usage: InviteUsage = new InviteUsage(
      link,
      this.usageEvents({
        prack: () => false,
        over: ending => this.#over(usage, ending),
        gone: () => undefined,
      }),
      this.#media.fork(),
    );
    return usage;
  }

  #linkOf(response: SipResponse, { request, hop }: Try): DialogLink {
    const { parts } = this;
    const dialog = dialogOfResponse(request, response);
    return new DialogLink({
      parts,
      dialog,
      hop,
      contact: this.#contactFor(hop),
      digest: this.#options.digest,
    });
  }

  #answered(response: SipResponse, sent: Try): void {
    if (response.status < 300) this.#accepted(response, sent);
    else if (this.state !== 'early') return;
    else if (response.status === 422 && this.#intervalTries < SESSION_LIMITS.intervalTries)
      this.#askLonger(response);
    else {
      const { status, headers } = response;
      this.finish({ by: 'remote', status, reasons: readReasons(headers), response });
    }
  }

  /** RFC 4028 §7.3. */
  #askLonger({ headers }: SipResponse): void {
    this.#intervalTries += 1;
    this.#minSeS = Math.max(this.#minSeS, readMinSe(headers));
    this.#expiresS = Math.max(this.#expiresS, this.#minSeS);
    this.#attempt.again();
  }

  #accepted(response: SipResponse, sent: Try): void {
    const tag = tagOf(response.to) ?? '';
    if (this.#acknowledgement !== undefined && (this.#usage?.link.dialog.remoteTag ?? '') === tag)
      this.#acknowledgement.again();
    else if (this.state === 'early') this.#establish(tag, response, sent);
    else this.#hangUpUnwanted(tag, response, sent);
  }

  /** The first 2xx decides (§13.2.2.4). */
  #establish(tag: string, response: SipResponse, sent: Try): void {
    const early = this.#early.get(tag) ?? new EarlyDialog(this.#usageOf(response, sent));
    const { usage } = early;
    this.#unanswered.cancel();
    this.#early.delete(tag);
    this.#dropEarly();
    this.#attempt.cancel();
    this.#usage = usage;
    this.#identity = { ...identityOf(response), from: this.#identity.from, to: response.to };
    usage.link.dialog.confirm(response);
    try {
      const { stream, ackHeaders, ackBody } = early.accept(response);
      this.#acknowledgement = usage.link.acknowledge(sent, ackHeaders, ackBody);
      usage.confirmed(this.#acknowledgement, response);
      this.confirm(stream);
      // A hold while it rang was for the dialog that was known then.
      if (this.isHeld && usage.media?.direction === 'sendrecv') this.hold();
    } catch (error) {
      if (!(error instanceof SdpRejection)) throw error;
      this.#acknowledgement = usage.link.acknowledge(sent);
      usage.confirmed(this.#acknowledgement, response);
      usage.bye({});
      this.finish({ by: 'error', reasons: [] });
    }
  }

  /** Another branch of a fork that accepted too, or a 2xx that crossed our CANCEL (§13.2.2.4, §15). */
  #hangUpUnwanted(tag: string, response: SipResponse, sent: Try): void {
    const known = this.#unwanted.get(tag);
    if (known !== undefined) {
      known.again();
    } else if (this.#unwanted.size < SESSION_LIMITS.unwantedForks) {
      const link = this.#linkOf(response, sent);
      this.#unwanted.set(tag, link.acknowledge(sent));
      link.request({ method: 'BYE' }, { final: () => undefined, failed: () => undefined });
    }
  }

  #failed(failure: ClientFailure): void {
    const isTimeout = failure.cause === 'timeout';
    this.finish({ by: isTimeout ? 'timeout' : 'error', status: isTimeout ? 408 : 503, reasons: [] });
  }

  #giveUp(): void {
    this.#attempt.cancel();
    this.finish({ by: 'timeout', status: 408, reasons: [] });
  }

  /** A dialog ended by itself; an early one takes the call with it only when it is the last. */
  #over(usage: InviteUsage, ending: Ending): void {
    const isEarly = !usage.isConfirmed && usage !== this.#usage;
    if (isEarly) return;
    if (this.state === 'early') this.#attempt.cancel();
    this.finish(ending);
  }

  #dropEarly(): void {
    for (const { usage } of this.#early.values()) usage.retire();
    this.#early.clear();
  }
}
