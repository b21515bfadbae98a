import type { Headers } from '../message/headers.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { Flow, Hop, Sending, TransportFailure } from '../transport/transport.ts';
import {
  ackOf,
  type ClientFailure,
  type ClientMachine,
  type ClientParts,
  type ClientState,
  cancelOf,
} from './client_transaction.ts';
import { T1_MS, TIMEOUT_MS, TIMER_D_MS, Timers } from './timers.ts';

/**
 * INVITE client transaction (RFC 3261 §17.1.1 with RFC 6026's accepted state).
 *
 *     calling ──1xx──▶ proceeding       A: sends again, B: gives up (both in calling)
 *        │ ╲              │  ╲          D: copies of the final response, each gets its ACK
 *       2xx 300–699      2xx 300–699    M: further 2xx, each for the user to acknowledge
 *        ▼     ╲──────────│────▼
 *     accepted ◀──────────┘  completed
 *        └─M─▶ terminated ◀─D─┘
 */
export class InviteClient implements ClientMachine {
  readonly request: SipRequest;
  readonly #parts: ClientParts;
  readonly #timers: Timers;
  readonly #sendCancel: (cancel: SipRequest, hop: Hop) => void;
  readonly #sending: Sending;
  #ack: Sending | undefined;
  /** CANCEL that waits for a provisional response, or has left. */
  #cancel: SipRequest | undefined;
  #state: ClientState = 'calling';

  /** Sends the request. `sendCancel` starts the transaction of a CANCEL. */
  constructor(parts: ClientParts, sendCancel: (cancel: SipRequest, hop: Hop) => void) {
    this.request = parts.request;
    this.#parts = parts;
    this.#sendCancel = sendCancel;
    this.#timers = new Timers(parts.clock);
    this.#sending = parts.transport.sendRequest(parts.request, parts.hop, {
      failed: failure => this.#onBroken(failure),
      fellBack: () => this.#startTimerA(),
    });
    this.#startTimerA();
    this.#timers.start('B', TIMEOUT_MS, () => this.#fail({ cause: 'timeout' }));
  }

  get state(): ClientState {
    return this.#state;
  }

  get hop(): Hop {
    return this.#sending.hop;
  }

  cancel(headers?: Headers): void {
    if (this.#cancel !== undefined || (this.#state !== 'calling' && this.#state !== 'proceeding')) return;
    this.#cancel = cancelOf(this.request, headers);
    if (this.#state === 'proceeding') this.#startCancel(this.#cancel);
  }

  receive(response: SipResponse, flow: Flow): void {
    const { status } = response;
    if (this.#state === 'completed') {
      if (status >= 300) this.#ack?.resend();
    } else if (this.#state === 'accepted') {
      if (status >= 200 && status < 300) this.#parts.events.response(response, flow);
    } else if (this.#state !== 'terminated') {
      if (status < 200) this.#proceed();
      else if (status < 300) this.#accept();
      else this.#complete(response);
      this.#parts.events.response(response, flow);
      if (status >= 300 && this.#sending.reliable) this.#end();
    }
  }

  #startTimerA(): void {
    if (this.#state !== 'calling' || this.#sending.reliable) return;
    this.#timers.repeat('A', T1_MS, Number.POSITIVE_INFINITY, () => this.#sending.resend());
  }

  #proceed(): void {
    const wasCalling = this.#state === 'calling';
    this.#state = 'proceeding';
    this.#timers.stop('A');
    this.#timers.stop('B');
    if (wasCalling && this.#cancel !== undefined) this.#startCancel(this.#cancel);
  }

  #accept(): void {
    this.#state = 'accepted';
    this.#timers.stopAll();
    this.#timers.start('M', TIMEOUT_MS, () => this.#end());
  }

  #complete(response: SipResponse): void {
    this.#state = 'completed';
    this.#timers.stopAll();
    this.#ack = this.#parts.transport.sendRequest(ackOf(this.request, response), this.hop, {
      failed: failure => this.#onBroken(failure),
    });
    if (!this.#sending.reliable) this.#timers.start('D', TIMER_D_MS, () => this.#end());
  }

  #startCancel(cancel: SipRequest): void {
    this.#sendCancel(cancel, this.hop);
    // §9.1: without a final response by then, the INVITE counts as cancelled.
    this.#timers.start('Cancel', TIMEOUT_MS, () => this.#fail({ cause: 'timeout' }));
  }

  /** §17.1.4: what breaks after the first response is not the INVITE's affair, and the user has its answer. */
  #onBroken(failure: TransportFailure): void {
    if (this.#state === 'calling') this.#fail(failure);
    else if (this.#state === 'completed') this.#end();
  }

  #fail(failure: ClientFailure): void {
    this.#state = 'terminated';
    this.#parts.events.failed(failure);
    this.#end();
  }

  #end(): void {
    this.#state = 'terminated';
    this.#timers.stopAll();
    this.#parts.ended();
    this.#parts.events.ended?.();
  }
}
