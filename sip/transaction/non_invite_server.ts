import { newResponse, type ResponseParts } from '../message/build.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { Flow, Sending } from '../transport/transport.ts';
import type { ServerEvents, ServerMachine, ServerParts, ServerState } from './server_transaction.ts';
import { TIMEOUT_MS, Timers } from './timers.ts';

/**
 * Non-INVITE server transaction (RFC 3261 §17.2.2).
 *
 *     trying ──1xx──▶ proceeding ──200–699──▶ completed ──J──▶ terminated
 *        └──────────200–699──────────────────────▲
 *     J: copies of the request, each gets the final response again.
 *     F, the time in which the other end waits: without a final response by then there is none to send (RFC 4320 §4.2)
 */
export class NonInviteServer implements ServerMachine {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly localTag: string;
  readonly #parts: ServerParts;
  readonly #timers: Timers;
  #events: ServerEvents = {};
  #state: ServerState = 'trying';
  #sending: Sending | undefined;

  constructor(parts: ServerParts) {
    this.request = parts.request;
    this.flow = parts.flow;
    this.localTag = parts.localTag;
    this.#parts = parts;
    this.#timers = new Timers(parts.clock);
    this.#timers.start('F', TIMEOUT_MS, () => this.#giveUp());
  }

  get state(): ServerState {
    return this.#state;
  }

  watch(events: ServerEvents): void {
    this.#events = events;
  }

  respond(status: number, parts: Omit<ResponseParts, 'toTag'> = {}): SipResponse | undefined {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return undefined;
    const response = newResponse(this.request, status, { ...parts, toTag: this.localTag });
    this.#sending = this.#parts.transport.sendResponse(response, this.flow, {
      failed: failure => this.#events.failed?.(failure),
    });
    if (status < 200) this.#state = 'proceeding';
    else this.#complete(this.#sending);
    return response;
  }

  resend(): void {
    if (this.#state !== 'terminated') this.#sending?.resend();
  }

  receiveAgain(): void {
    this.resend();
  }

  /** An ACK is never for a request other than INVITE. */
  receiveAck(): boolean {
    return false;
  }

  /** Such a request is answered at once; there is nothing to cancel (§9.2). */
  receiveCancel(): void {}

  #complete(sending: Sending): void {
    this.#state = 'completed';
    this.#timers.stopAll();
    if (sending.reliable) this.#end();
    else this.#timers.start('J', TIMEOUT_MS, () => this.#end());
  }

  #giveUp(): void {
    this.#events.failed?.({ cause: 'timeout' });
    this.#end();
  }

  #end(): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    this.#timers.stopAll();
    this.#parts.ended();
    this.#events.ended?.();
  }
}
