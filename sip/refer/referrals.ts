import type { Alarm, Clock } from '../clock.ts';
import { Headers } from '../message/headers.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { formatNameAddr, type NameAddr } from '../message/name_addr.ts';
import type { Session } from '../session/session.ts';
import type { ServerTransaction } from '../transaction/server_transaction.ts';
import { REFER_LIMITS } from './limits.ts';
import { type Notice, readNotice } from './notice.ts';

/**
 * What becomes of a referral, with the status that says so where there is one. The last is one of `taken` (whom it was
 * referred to has answered), `failed` (they have not), `refused` (the far end calls nobody) and `unknown`.
 */
export interface ReferralNews {
  readonly what: 'accepted' | 'progress' | 'taken' | 'failed' | 'refused' | 'unknown';
  readonly status?: number;
}

/** A referral that may still be told of, as plain JSON: enough for another process to hear the rest, and to send nothing twice. */
export interface ReferralState {
  /** Number of the last request before the REFER, and of the REFER that was accepted. */
  readonly afterCSeq: number;
  readonly cseq: number | undefined;
  /** The first of its dialog: its NOTIFYs need not say whose they are (RFC 3515 §2.4.6). */
  readonly isFirst: boolean;
  readonly notices: number;
  readonly isOver: boolean;
}

type Told = (news: ReferralNews) => void;

interface Referral extends ReferralState {
  readonly told: Told;
  readonly limit: Alarm;
}

/**
 * Referrals of one session's far end to others (REFER, RFC 3515), one at a time, by the subscription that comes with
 * each. Whoever sends more inside the session names the user of it: what of requests is a referral's is taken by `receive`.
 */
export class Referrals {
  readonly #session: Pick<Session, 'request' | 'snapshot'>;
  readonly #clock: Clock;
  #last: Referral | undefined;

  constructor(session: Pick<Session, 'request' | 'snapshot'>, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  /** Undefined before the first one, and where nothing can come of the last any more. */
  get state(): ReferralState | undefined {
    if (this.#last === undefined) return undefined;
    const { told: _, limit: __, ...state } = this.#last;
    return state;
  }

  /** The far end may still call whom it was referred to. */
  get isUnderWay(): boolean {
    return this.#last?.isOver === false;
  }

  /**
   * Asks the far end to call somebody in place of this end. `begun` is called before anything is sent, and `told` never
   * before this has returned.
   * @param by who asks (Referred-By, RFC 3892)
   * @returns false, and nothing happens, while another one is under way or the session is not confirmed
   */
  refer(to: NameAddr, by: NameAddr, told: Told, begun: () => void = () => undefined): boolean {
    const dialog = this.#session.snapshot()?.dialog;
    if (dialog === undefined || this.isUnderWay) return false;
    const isFirst = this.#last === undefined;
    this.#follow({ afterCSeq: dialog.localCSeq, cseq: undefined, isFirst, notices: 0, isOver: false }, told);
    begun();
    const headers = Headers.of({ 'Refer-To': formatNameAddr(to), 'Referred-By': formatNameAddr(by) });
    const referral = this.#last;
    this.#session.request('REFER', { headers, outlivesSilence: true }, response => {
      if (response !== undefined && referral !== undefined) this.#answered(referral.limit, response);
    });
    return true;
  }

  /** Goes on with one that another process has begun; it is not sent again, whether it had left or not. */
  goOn(state: ReferralState, told: Told): void {
    this.#follow(state, told);
  }

  /** Takes NOTIFY and REFER; another request is none of its. */
  receive(server: ServerTransaction): boolean {
    const { request } = server;
    if (request.method === 'REFER') {
      // This end calls nobody at the wish of a far end.
      server.respond(request.headers.has('refer-to') ? 603 : 400);
      return true;
    }
    if (request.method !== 'NOTIFY') return false;
    this.#receiveNotice(server, request);
    return true;
  }

  /** Nothing is told any more. */
  close(): void {
    this.#last?.limit.cancel();
    if (this.#last !== undefined) this.#last = { ...this.#last, isOver: true, told: () => undefined };
  }

  #follow(state: ReferralState, told: Told): void {
    this.#last?.limit.cancel();
    const limit = this.#clock.after(REFER_LIMITS.lastWordMs, () => this.#giveUp());
    this.#last = { ...state, told, limit };
  }

  /** @param limit whose it is: of another one than the last, nothing counts any more */
  #answered(limit: Alarm, { status, cseq, headers }: SipResponse): void {
    const referral = this.#last;
    if (referral?.limit !== limit || referral.isOver) return;
    if (status >= 300) this.#end({ what: 'refused', status });
    // Nothing will be told of it (RFC 4488 §4).
    else if (/^\s*false\b/i.test(headers.get('refer-sub') ?? '')) this.#end({ what: 'taken', status });
    else {
      this.#last = { ...referral, cseq: cseq.number };
      referral.told({ what: 'accepted', status });
    }
  }

  #receiveNotice(server: ServerTransaction, request: SipRequest): void {
    const notice = readNotice(request);
    const referral = this.#last;
    if ('headers' in notice) server.respond(notice.status, { headers: notice.headers });
    else if (referral === undefined || !isAbout(referral, notice)) server.respond(481);
    else if (referral.notices >= REFER_LIMITS.notices) {
      server.respond(481);
      this.#giveUp();
    } else {
      server.respond(200);
      this.#last = { ...referral, notices: notice.isLast ? REFER_LIMITS.notices : referral.notices + 1 };
      this.#heard(notice);
    }
  }

  #heard({ status, isLast }: Notice): void {
    if (status !== undefined && status >= 300) this.#end({ what: 'failed', status });
    else if (status !== undefined && status >= 200) this.#end({ what: 'taken', status });
    else if (isLast) this.#end({ what: 'unknown' });
    else if (status !== undefined && this.isUnderWay) this.#last?.told({ what: 'progress', status });
  }

  #giveUp(): void {
    if (this.#last !== undefined) this.#last = { ...this.#last, notices: REFER_LIMITS.notices };
    this.#end({ what: 'unknown' });
  }

  #end(news: ReferralNews): void {
    const referral = this.#last;
    if (referral === undefined || referral.isOver) return;
    referral.limit.cancel();
    this.#last = { ...referral, isOver: true };
    referral.told(news);
  }
}

/** The subscription is that of the REFER with this number; before that is known, of one that this end has just sent. */
function isAbout({ cseq, afterCSeq, isFirst }: ReferralState, { id }: Notice): boolean {
  if (id === undefined) return isFirst;
  return cseq === undefined ? id > afterCSeq : id === cseq;
}
