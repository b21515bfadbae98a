import type { SipRequest, SipResponse } from './sip_message.ts';

/** RFC 3261 §17.1.1.1; tests make time run faster. */
export const DEFAULT_T1_MS = 500;
/** Ceiling of the intervals of retransmission, in T1: T2 = 4 s. */
const T2_IN_T1 = 8;
/** Timers B, D, F and H. */
const TIMEOUT_IN_T1 = 64;

/** Calls `send` at once and again at doubling intervals, for a while. */
export class Retransmission {
  readonly #send: () => void;
  readonly #gaveUp: () => void;
  readonly #ceilingMs: number;
  #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  readonly #deadline: NodeJS.Timeout;

  constructor(options: { t1Ms: number; capped: boolean; send: () => void; gaveUp: () => void }) {
    this.#send = options.send;
    this.#gaveUp = options.gaveUp;
    this.#intervalMs = options.t1Ms;
    this.#ceilingMs = options.capped ? options.t1Ms * T2_IN_T1 : Number.POSITIVE_INFINITY;
    this.#deadline = setTimeout(() => {
      this.stop();
      this.#gaveUp();
    }, options.t1Ms * TIMEOUT_IN_T1);
    this.#again();
  }

  /** Ends it, and the wait for an answer with it. */
  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#deadline);
  }

  #again(): void {
    this.#send();
    this.#timer = setTimeout(() => this.#again(), this.#intervalMs);
    this.#intervalMs = Math.min(this.#intervalMs * 2, this.#ceilingMs);
  }
}

export interface TransactionOptions {
  readonly request: SipRequest;
  readonly t1Ms: number;
  readonly send: (request: SipRequest) => void;
  /** Told every provisional response and the first final one. */
  readonly response: (response: SipResponse) => void;
  /** No answer in 32 s. */
  readonly timedOut: () => void;
}

/**
 * A client transaction over UDP (RFC 3261 §17.1). The ACK of a failed INVITE is the transaction's own affair: `ack`
 * makes it from the response, and it is sent again for each repetition of that response.
 */
export class ClientTransaction {
  readonly #options: TransactionOptions;
  readonly #isInvite: boolean;
  readonly #retransmission: Retransmission;
  readonly #ack: (response: SipResponse) => SipRequest;
  #final: SipResponse | undefined;

  constructor(options: TransactionOptions, ack: (response: SipResponse) => SipRequest) {
    this.#options = options;
    this.#ack = ack;
    this.#isInvite = options.request.method === 'INVITE';
    this.#retransmission = new Retransmission({
      t1Ms: options.t1Ms,
      capped: !this.#isInvite,
      send: () => options.send(options.request),
      gaveUp: options.timedOut,
    });
  }

  receive(response: SipResponse): void {
    if (response.status < 200) {
      if (this.#final !== undefined) return;
      if (this.#isInvite) this.#retransmission.stop();
      this.#options.response(response);
      return;
    }
    this.#retransmission.stop();
    if (this.#isInvite && response.status >= 300) this.#options.send(this.#ack(response));
    // A 2xx is repeated until the dialog has acknowledged it, so each one is told (§13.2.2.4).
    if (this.#final !== undefined && !(this.#isInvite && response.status < 300)) return;
    this.#final = response;
    this.#options.response(response);
  }

  stop(): void {
    this.#retransmission.stop();
  }
}
