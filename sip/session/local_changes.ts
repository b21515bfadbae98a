import type { Alarm } from '../clock.ts';
import { Headers } from '../message/headers.ts';
import type { SipResponse } from '../message/message.ts';
import type { Direction } from '../sdp/description.ts';
import { SdpRejection } from '../sdp/rejection.ts';
import type { AudioStream } from '../sdp/session.ts';
import type { ClientFailure } from '../transaction/client_transaction.ts';
import type { Attempt } from './attempt.ts';
import type { Acknowledgement, DialogLink } from './dialog_link.ts';
import { glareWaitMs, retryAfterMs } from './glare.ts';
import { SESSION_LIMITS } from './limits.ts';
import { type OfferAnswer, SDP_TYPE } from './offer_answer.ts';
import type { Ending, SessionMedia, SessionTimerState } from './session.ts';
import { askTimer, readMinSe, TIMER_TAG } from './session_expires.ts';

/** What the changes of this end need to know of the rest of the dialog. */
export interface ChangeGround {
  readonly link: DialogLink;
  readonly media: OfferAnswer;
  /** `none` while something else is under way that a change would cross: §14.1, RFC 3311 §5.1. */
  allowed(): 'none' | 'update' | 'any';
  timer(): SessionTimerState | undefined;
}

export interface ChangeEvents {
  changed(stream: AudioStream): void;
  changeRefused(status: number): void;
  /** A 2xx to a re-INVITE or UPDATE: it refreshes the session. */
  refreshed(response: SipResponse): void;
  /** The dialog is no more, or what was answered makes no session. */
  over(ending: Omit<Ending, 'reasons'>): void;
  /** Nothing of ours is under way any more. */
  idle(): void;
}

type Change = 'offer' | 'refresh';

interface Running {
  readonly change: Change;
  readonly method: 'INVITE' | 'UPDATE';
  /** A refresh by UPDATE says nothing of media. */
  readonly offers: boolean;
  attempt: Attempt | undefined;
}

/**
 * Re-INVITEs and UPDATEs of this end, one after the other (RFC 3261 §14.1, RFC 3311 §5): wishes that come meanwhile become
 * one more, glare (491) and overlap (500) are waited out, and a refusal leaves all as it was.
 */
export class LocalChanges {
  readonly #ground: ChangeGround;
  readonly #events: ChangeEvents;
  #wanted: Change | undefined;
  #running: Running | undefined;
  #wait: Alarm | undefined;
  #tries = 0;
  /** Of what was agreed last: what a refusal goes back to. */
  #agreed: { readonly direction: Direction; readonly media: SessionMedia };
  #expiresS: number;
  #minSeS: number;
  #updatesRefused = false;
  #stopped = false;

  constructor(ground: ChangeGround, events: ChangeEvents) {
    this.#ground = ground;
    this.#events = events;
    const { direction, media } = ground.media;
    this.#agreed = { direction, media };
    const { expiresS, minSeS } = ground.link.parts.sessionTimer;
    this.#expiresS = expiresS;
    this.#minSeS = minSeS;
  }

  /** Whether an INVITE or an offer of this end waits for its answer: theirs gets a 491 then (§14.2). */
  get isOffering(): boolean {
    return this.#running?.offers ?? false;
  }

  /** Offers to the far end what `media` says by now; at once, or when it may. */
  offer(): void {
    this.#wanted = 'offer';
    this.#tries = 0;
    this.#go();
  }

  /** Refreshes the session (RFC 4028 §7.4): by UPDATE where the far end takes it, else by re-INVITE. */
  refresh(): void {
    this.#wanted ??= 'refresh';
    this.#go();
  }

  /** Something else has come to its end. */
  resume(): void {
    this.#go();
  }

  stop(): void {
    this.#stopped = true;
    this.#wait?.cancel();
    this.#running?.attempt?.cancel();
  }

  #go(): void {
    const change = this.#wanted;
    if (change === undefined || this.#running !== undefined || this.#wait !== undefined || this.#stopped)
      return;
    const method = this.#methodFor(change);
    if (method === undefined) return;
    this.#wanted = undefined;
    this.#send(change, method);
  }

  #methodFor(change: Change): 'INVITE' | 'UPDATE' | undefined {
    const allowed = this.#ground.allowed();
    const takesUpdate = !this.#updatesRefused && this.#ground.link.allows.includes('UPDATE');
    if (allowed === 'none') return undefined;
    if (allowed === 'update') return takesUpdate ? 'UPDATE' : undefined;
    return change === 'refresh' && takesUpdate ? 'UPDATE' : 'INVITE';
  }

  #send(change: Change, method: 'INVITE' | 'UPDATE'): void {
    const { link, media } = this.#ground;
    const headers = Headers.of({ Supported: TIMER_TAG });
    askTimer(headers, this.#expiresS, this.#minSeS, this.#ground.timer());
    const offers = change === 'offer' || method === 'INVITE';
    if (offers) headers.set('Content-Type', SDP_TYPE);
    const body = offers ? media.offer('change') : undefined;
    const running: Running = { change, method, offers, attempt: undefined };
    const pending = link.parts.clock.after(SESSION_LIMITS.changePendingMs, () => running.attempt?.cancel());
    let acknowledgement: Acknowledgement | undefined;
    this.#running = running;
    running.attempt = link.request(
      { method, headers, ...(body && { body }) },
      {
        final: (response, sent) => {
          pending.cancel();
          if (acknowledgement !== undefined) {
            acknowledgement.again();
            return;
          }
          if (response.status < 300) {
            link.dialog.retarget(response);
            // Also when all is over: a 2xx wants its ACK.
            if (method === 'INVITE') acknowledgement = link.acknowledge(sent);
          }
          if (this.#running === running) this.#finish(running, response);
        },
        failed: failure => {
          pending.cancel();
          if (this.#running === running) this.#unanswered(running, failure);
        },
      },
    );
  }

  #finish(running: Running, response: SipResponse): void {
    this.#running = undefined;
    if (this.#stopped) return;
    this.#ground.link.learn(response);
    if (response.status < 300) this.#succeed(running, response);
    else if (response.status === 481 || response.status === 408)
      this.#events.over({ by: 'timeout', status: response.status });
    else this.#refused(running, response);
    this.#next();
  }

  #succeed({ change, offers }: Running, response: SipResponse): void {
    const { media } = this.#ground;
    this.#tries = 0;
    const before = media.stream;
    try {
      if (offers) media.takeAnswer(response);
    } catch (error) {
      if (!(error instanceof SdpRejection)) throw error;
      this.#events.over({ by: 'error' });
      return;
    }
    this.#agreed = { direction: media.direction, media: media.media };
    this.#events.refreshed(response);
    const { stream } = media;
    const differs = JSON.stringify(before) !== JSON.stringify(stream);
    if (stream !== undefined && (change === 'offer' || differs)) this.#events.changed(stream);
  }

  #refused(running: Running, response: SipResponse): void {
    this.#tries += 1;
    const { method, change, offers } = running;
    const waitMs = this.#tries < SESSION_LIMITS.changeTries ? this.#waitAfter(method, response) : undefined;
    if (waitMs === undefined) {
      this.#giveUp(running, response.status);
      return;
    }
    if (offers) this.#ground.media.withdraw();
    this.#tryAgainIn(waitMs, change);
  }

  /** All stays as it was agreed, unless the user wishes something else by now. */
  #giveUp({ change, offers }: Running, status: number): void {
    const { media } = this.#ground;
    this.#tries = 0;
    if (offers) media.withdraw();
    // The session timer tries again while there is time.
    if (change === 'refresh') return;
    if (this.#wanted === undefined) {
      media.direction = this.#agreed.direction;
      media.media = this.#agreed.media;
    }
    this.#events.changeRefused(status);
  }

  /** After what time a refused change may succeed; `undefined` when it will not. */
  #waitAfter(method: string, { status, headers }: SipResponse): number | undefined {
    const { parts, dialog } = this.#ground.link;
    if (status === 491) return glareWaitMs(dialog.state.ownsCallId, parts.random);
    if (status === 500 || status === 503) return retryAfterMs(headers.get('retry-after'));
    if (status === 422) {
      this.#minSeS = Math.max(this.#minSeS, readMinSe(headers));
      this.#expiresS = Math.max(this.#expiresS, this.#minSeS);
      return 0;
    }
    if (method === 'UPDATE' && [405, 501, 504].includes(status)) {
      this.#updatesRefused = true;
      return 0;
    }
    return undefined;
  }

  #tryAgainIn(waitMs: number, change: Change): void {
    if (this.#wanted !== 'offer') this.#wanted = change;
    this.#wait = this.#ground.link.parts.clock.after(waitMs, () => {
      this.#wait = undefined;
      this.#go();
    });
  }

  /** Silence ends the dialog (§12.2.1.2); what could not leave counts as 503 (§8.1.3.1), and harms nothing. */
  #unanswered(running: Running, failure: ClientFailure): void {
    this.#running = undefined;
    if (this.#stopped) return;
    if (failure.cause === 'timeout') this.#events.over({ by: 'timeout', status: 408 });
    else this.#giveUp(running, 503);
    this.#next();
  }

  #next(): void {
    if (this.#stopped) return;
    this.#events.idle();
    this.#go();
  }
}
