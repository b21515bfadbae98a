import type { Alarm, Clock } from '../clock.ts';
import type { SipRequest } from '../message/message.ts';
import type { ServerTransaction } from '../transaction/server_transaction.ts';
import { T1_MS, T2_MS, TIMEOUT_MS } from '../transaction/timers.ts';

export interface AcceptedInviteEvents {
  /** The ACK, once; undefined where the far end showed without one that it has the 2xx. */
  acknowledged(ack: SipRequest | undefined): void;
  /** It did not come in 64·T1: the session is to be ended (§13.3.1.4). */
  overdue(): void;
}

/**
 * A 2xx that this end gave to an INVITE, repeated until its ACK comes (RFC 3261 §13.3.1.4): after T1, 2·T1, … at most
 * T2, over TCP too, since a proxy may be between.
 */
export class AcceptedInvite {
  readonly #server: ServerTransaction;
  readonly #clock: Clock;
  readonly #events: AcceptedInviteEvents;
  readonly #overdue: Alarm;
  #repeat: Alarm | undefined;

  /** @param server with its 2xx sent */
  constructor(server: ServerTransaction, clock: Clock, events: AcceptedInviteEvents) {
    this.#server = server;
    this.#clock = clock;
    this.#events = events;
    this.#overdue = clock.after(TIMEOUT_MS, () => {
      this.stop();
      events.overdue();
    });
    this.#repeatIn(T1_MS);
  }

  /** Whether an ACK was to this 2xx. */
  receive(ack: SipRequest): boolean {
    if (ack.cseq.number !== this.#server.request.cseq.number) return false;
    this.stop();
    this.#events.acknowledged(ack);
    return true;
  }

  /** A further INVITE of the far end came: it has the 2xx, and its ACK was lost. */
  settle(): void {
    this.stop();
    this.#events.acknowledged(undefined);
  }

  stop(): void {
    this.#repeat?.cancel();
    this.#overdue.cancel();
  }

  #repeatIn(delayMs: number): void {
    this.#repeat = this.#clock.after(delayMs, () => {
      this.#server.resend();
      this.#repeatIn(Math.min(delayMs * 2, T2_MS));
    });
  }
}
