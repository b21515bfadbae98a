import { newResponse, type ResponseParts } from '../message/build.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { tagOf } from '../message/name_addr.ts';
import type { Flow, Sending } from '../transport/transport.ts';
import type {
  ServerEvents,
  ServerFailure,
  ServerMachine,
  ServerParts,
  ServerState,
} from './server_transaction.ts';
import { T1_MS, T2_MS, TIMEOUT_MS, TIMER_I_K_MS, Timers, TRYING_MS } from './timers.ts';

/**
 * INVITE server transaction (RFC 3261 §17.2.1 with RFC 6026's accepted state).
 *
 *     proceeding ──300–699──▶ completed ──ACK──▶ confirmed ──I──▶ terminated
 *         └──────2xx──────▶ accepted ──L──▶ terminated
 *     Trying: 100 after 200 ms, G: sends the final response again, H: no ACK came, I: copies of the ACK,
 *     L: copies of the INVITE after a 2xx, which the user repeats (`resend`) and whose ACK goes to the user
 */
export class InviteServer implements ServerMachine {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly localTag: string;
  readonly #parts: ServerParts;
  readonly #timers: Timers;
  #events: ServerEvents = {};
  #state: ServerState = 'proceeding';
  #last: { readonly response: SipResponse; readonly sending: Sending } | undefined;

  constructor(parts: ServerParts) {
    this.request = parts.request;
    this.flow = parts.flow;
    this.localTag = parts.localTag;
    this.#parts = parts;
    this.#timers = new Timers(parts.clock);
    this.#timers.start('Trying', TRYING_MS, () => this.respond(100));
  }

  get state(): ServerState {
    return this.#state;
  }

  watch(events: ServerEvents): void {
    this.#events = events;
  }

  respond(status: number, parts: Omit<ResponseParts, 'toTag'> = {}): SipResponse | undefined {
    const isSuccess = status >= 200 && status < 300;
    if (this.#state !== 'proceeding' && !(this.#state === 'accepted' && isSuccess)) return undefined;
    const response = newResponse(this.request, status, { ...parts, toTag: this.localTag });
    this.#timers.stop('Trying');
    const sending = this.#parts.transport.sendResponse(response, this.flow, {
      failed: failure => this.#events.failed?.(failure),
    });
    this.#last = { response, sending };
    if (isSuccess) this.#accept();
    else if (status >= 300) this.#complete(sending);
    return response;
  }

  resend(): void {
    if (this.#state !== 'terminated') this.#last?.sending.resend();
  }

  receiveAgain(): void {
    if (this.#state === 'proceeding' || this.#state === 'completed') this.resend();
  }

  receiveAck(ack: SipRequest): boolean {
    if (this.#state !== 'completed' && this.#state !== 'confirmed') return false;
    // Found by RFC 2543's rules it may be another's (§17.2.3).
    if (this.#last !== undefined && tagOf(ack.to) !== tagOf(this.#last.response.to)) return false;
    if (this.#state === 'completed') this.#confirm();
    return true;
  }

  receiveCancel(cancel: SipRequest): void {
    if (this.#state === 'proceeding') this.#events.cancelled?.(cancel);
  }

  #accept(): void {
    if (this.#state === 'accepted') return;
    this.#state = 'accepted';
    this.#timers.start('L', TIMEOUT_MS, () => this.#end());
  }

  #complete(sending: Sending): void {
    this.#state = 'completed';
    if (!sending.reliable) this.#timers.repeat('G', T1_MS, T2_MS, () => sending.resend());
    this.#timers.start('H', TIMEOUT_MS, () => this.#giveUp({ cause: 'timeout' }));
  }

  #confirm(): void {
    this.#state = 'confirmed';
    this.#timers.stopAll();
    this.#events.acknowledged?.();
    if (this.flow.protocol === 'UDP') this.#timers.start('I', TIMER_I_K_MS, () => this.#end());
    else this.#end();
  }

  #giveUp(failure: ServerFailure): void {
    this.#events.failed?.(failure);
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
