import { newResponse } from '../../sip/message/build.ts';
import { Headers } from '../../sip/message/headers.ts';
import type { SipRequest, SipResponse } from '../../sip/message/message.ts';
import { parseUri, type SipUri } from '../../sip/message/uri.ts';
import { TransactionLayer } from '../../sip/transaction/transaction_layer.ts';
import type { Flow, Hop, Sending, SendWatcher, Transport } from '../../sip/transport/transport.ts';
import { HandClock } from './transport/hand_clock.ts';
import { address } from './transport/requests.ts';

export function sipUri(text: string): SipUri {
  const parsed = parseUri(text);
  if (parsed?.kind !== 'sip') throw new Error(`no SIP URI: ${text}`);
  return parsed;
}

/** What a far end says to one request. */
export interface Reply {
  readonly status: number;
  readonly contacts?: readonly string[];
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await new Promise(resolve => setImmediate(resolve));
}

/** A far end in memory: sees each request once, with its hop, and answers as it is told. */
export class FarEnd implements Transport {
  readonly clock = new HandClock();
  readonly layer: TransactionLayer;
  readonly received: { readonly request: SipRequest; readonly hop: Hop }[] = [];
  /** Says what happens to a request: a reply, silence, or that nobody is there. */
  answer: (request: SipRequest, hop: Hop) => Reply | 'silence' | 'unreachable' = () => ({ status: 200 });

  constructor() {
    this.layer = new TransactionLayer({
      clock: this.clock,
      user: {
        request: () => undefined,
        ack: () => undefined,
        strayResponse: () => undefined,
        rejected: () => false,
        fault: () => undefined,
      },
    });
    this.layer.use(this);
  }

  sendRequest(request: SipRequest, hop: Hop, watcher: SendWatcher): Sending {
    this.received.push({ request, hop });
    const reply = this.answer(request, hop);
    if (reply === 'unreachable') queueMicrotask(() => watcher.failed({ cause: 'unreachable', detail: '' }));
    else if (reply !== 'silence') queueMicrotask(() => this.respond(request, hop, reply));
    return { hop, reliable: hop.protocol !== 'UDP', resend: () => undefined };
  }

  sendResponse(): Sending {
    throw new Error('nothing is answered here');
  }

  sendRejection(): void {}

  respond(request: SipRequest, hop: Hop, { status, contacts = [], headers = {} }: Reply): void {
    const made: SipResponse = newResponse(request, status, {
      toTag: 'registrar',
      contacts: contacts.map(address),
      headers: Headers.of(headers),
    });
    const flow: Flow = {
      protocol: hop.protocol,
      local: { address: '192.0.2.99', port: 5060 },
      remote: { address: hop.address, port: hop.port },
    };
    this.layer.response(made, flow);
  }

  /** Lets time pass from alarm to alarm; what each sets going runs before the next. */
  async turn(byMs: number): Promise<void> {
    const untilMs = this.clock.nowMs() + byMs;
    for (;;) {
      await settle();
      const nextMs = this.clock.nowMs() + (this.clock.nextInMs ?? Number.POSITIVE_INFINITY);
      this.clock.turn(Math.min(nextMs, untilMs) - this.clock.nowMs());
      if (nextMs > untilMs) return settle();
    }
  }

  /** Requests since the last look. */
  take(): SipRequest[] {
    return this.received.splice(0).map(({ request }) => request);
  }
}
