import type { SipRequest, SipResponse } from '../message/message.ts';
import type { Flow, Hop, Sending } from '../transport/transport.ts';
import type { ClientFailure, ClientMachine, ClientParts, ClientState } from './client_transaction.ts';
import { T1_MS, T2_MS, TIMEOUT_MS, TIMER_I_K_MS, Timers } from './timers.ts';

/**
 * Non-INVITE client transaction (RFC 3261 §17.1.2).
 *
 *     trying ──1xx──▶ proceeding ──200–699──▶ completed ──K──▶ terminated
 *        └──────────200–699──────────────────────▲
 *     E: sends again (at most every T2; at T2 once proceeding), F: gives up, K: copies of the final response
 */
export class NonInviteClient implements ClientMachine {
  readonly request: SipRequest;
  readonly #parts: ClientParts;
  readonly #timers: Timers;
  readonly #sending: Sending;
  #state: ClientState = 'trying';

  /** Sends the request. */
  constructor(parts: ClientParts) {
    this.request = parts.request;
    this.#parts = parts;
    this.#timers = new Timers(parts.clock);
    this.#sending = parts.transport.sendRequest(parts.request, parts.hop, {
      failed: failure => this.#fail(failure),
      fellBack: () => this.#startTimerE(T1_MS),
    });
    this.#startTimerE(T1_MS);
    this.#timers.start('F', TIMEOUT_MS, () => this.#fail({ cause: 'timeout' }));
  }

  get state(): ClientState {
    return this.#state;
  }

  get hop(): Hop {
    return this.#sending.hop;
  }

  /** Only an INVITE is cancelled (§9.1). */
  cancel(): void {}

  receive(response: SipResponse, flow: Flow): void {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return;
    if (response.status < 200) {
      if (this.#state === 'trying') this.#startTimerE(T2_MS);
      this.#state = 'proceeding';
      this.#parts.events.response(response, flow);
      return;
    }
    this.#state = 'completed';
    this.#timers.stopAll();
    this.#parts.events.response(response, flow);
    if (this.#sending.reliable) this.#end();
    else this.#timers.start('K', TIMER_I_K_MS, () => this.#end());
  }

  #startTimerE(delayMs: number): void {
    if (this.#sending.reliable) return;
    this.#timers.repeat('E', delayMs, T2_MS, () => this.#sending.resend());
  }

  #fail(failure: ClientFailure): void {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return;
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
