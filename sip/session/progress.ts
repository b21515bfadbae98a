import type { Alarm, Clock } from '../clock.ts';
import type { ResponseParts } from '../message/build.ts';
import { Headers } from '../message/headers.ts';
import type { SipRequest } from '../message/message.ts';
import type { ServerTransaction } from '../transaction/server_transaction.ts';
import { T1_MS, TIMEOUT_MS } from '../transaction/timers.ts';
import { SESSION_LIMITS } from './limits.ts';
import { MOST_FIRST_RSEQ, RELIABLE_TAG, readRAck } from './reliable.ts';

/** How often progress is repeated, so that proxies keep the call (RFC 3261 §13.3.1.1). */
const REPEAT_MS = 60_000;

/** A provisional response to send. */
export interface Provisional {
  readonly status: number;
  readonly parts: Omit<ResponseParts, 'toTag'>;
  readonly reliable: boolean;
}

export interface ProgressEvents {
  /** No PRACK came in 64·T1: the INVITE is to be rejected with a 5xx (RFC 3262 §3). */
  undelivered(): void;
}

interface Unacknowledged extends Provisional {
  readonly rseq: number;
  readonly sentAtMs: number;
}

/**
 * The provisional responses to one INVITE, in their order. A reliable one (RFC 3262 §3) is repeated after T1, 2·T1, 4·T1
 * … until its PRACK, and those behind it wait for that.
 */
export class Progress {
  readonly #server: ServerTransaction;
  readonly #clock: Clock;
  readonly #events: ProgressEvents;
  readonly #queue: Provisional[] = [];
  #nextRSeq: number;
  #waiting: Unacknowledged | undefined;
  #last: Provisional | undefined;
  #alarm: Alarm | undefined;
  #stopped = false;

  constructor(server: ServerTransaction, clock: Clock, random: () => number, events: ProgressEvents) {
    this.#server = server;
    this.#clock = clock;
    this.#events = events;
    this.#nextRSeq = 1 + Math.floor(random() * (MOST_FIRST_RSEQ - 1));
  }

  /** Whether a response has left that no PRACK answers yet. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Whether a description has left, or is to leave, that no PRACK answers yet: no 2xx may be sent (RFC 3262 §3). */
  get holdsMedia(): boolean {
    return [...(this.#waiting ? [this.#waiting] : []), ...this.#queue].some(
      ({ parts, reliable }) => reliable && parts.body !== undefined,
    );
  }

  send(provisional: Provisional): void {
    if (this.#waiting === undefined) {
      this.#respond(provisional);
      return;
    }
    // Of what does not get through, the newest is worth most; a description must not be lost.
    const isFull = this.#queue.length >= SESSION_LIMITS.queuedProgress;
    const spare = isFull ? this.#queue.findIndex(({ parts }) => parts.body === undefined) : -1;
    if (spare >= 0) this.#queue.splice(spare, 1);
    this.#queue.push(provisional);
  }

  /**
   * Takes a PRACK.
   * @returns what it acknowledges; undefined when nothing waits for it, which is a 481
   */
  acknowledge(prack: SipRequest): Provisional | undefined {
    const rack = readRAck(prack);
    const { cseq } = this.#server.request;
    const waiting = this.#waiting;
    if (waiting === undefined || rack?.rseq !== waiting.rseq) return undefined;
    if (rack.cseq !== cseq.number || rack.method !== cseq.method) return undefined;
    this.#waiting = undefined;
    if (!this.#stopped) this.#repeatLater();
    return waiting;
  }

  /** Sends what waited for a PRACK that has been answered. */
  next(): void {
    const provisional = this.#queue.shift();
    if (provisional !== undefined) this.send(provisional);
  }

  /** A final response was given. PRACKs that still come are taken. */
  stop(): void {
    this.#stopped = true;
    this.#alarm?.cancel();
    this.#queue.length = 0;
  }

  #respond(provisional: Provisional): void {
    this.#last = provisional;
    if (provisional.reliable) {
      this.#respondReliably(provisional);
    } else {
      this.#server.respond(provisional.status, provisional.parts);
      this.#repeatLater();
    }
  }

  #respondReliably(provisional: Provisional): void {
    const { status, parts } = provisional;
    const rseq = this.#nextRSeq++;
    const headers = (parts.headers?.copy() ?? new Headers())
      .set('RSeq', String(rseq))
      .append('Require', RELIABLE_TAG);
    this.#server.respond(status, { ...parts, headers });
    this.#waiting = { ...provisional, rseq, sentAtMs: this.#clock.nowMs() };
    this.#resendIn(T1_MS, this.#waiting);
  }

  #resendIn(delayMs: number, { sentAtMs }: Unacknowledged): void {
    this.#alarm?.cancel();
    const waitMs = Math.min(delayMs, sentAtMs + TIMEOUT_MS - this.#clock.nowMs());
    this.#alarm = this.#clock.after(waitMs, () => {
      if (this.#waiting === undefined) return;
      if (this.#clock.nowMs() - sentAtMs >= TIMEOUT_MS) {
        this.#events.undelivered();
      } else {
        this.#server.resend();
        this.#resendIn(delayMs * 2, this.#waiting);
      }
    });
  }

  #repeatLater(): void {
    this.#alarm?.cancel();
    this.#alarm = this.#clock.after(REPEAT_MS, () => this.#repeat());
  }

  /** A reliable response goes again under a new number, without the description that has arrived. */
  #repeat(): void {
    if (this.#last === undefined) return;
    const { body: _, headers, ...parts } = this.#last.parts;
    if (!this.#last.reliable) this.#respond(this.#last);
    else
      this.#respond({
        ...this.#last,
        parts: { ...parts, headers: (headers?.copy() ?? new Headers()).remove('Content-Type') },
      });
  }
}
