import { Locator } from '../../../sip/locate/locator.ts';
import { newResponse } from '../../../sip/message/build.ts';
import { Headers } from '../../../sip/message/headers.ts';
import type { SipRequest, SipResponse } from '../../../sip/message/message.ts';
import { type NameAddr, parseNameAddr } from '../../../sip/message/name_addr.ts';
import { formatUri, parseUri, type SipUri } from '../../../sip/message/uri.ts';
import type { Account } from '../../../sip/registration/account.ts';
import { Registration } from '../../../sip/registration/registration.ts';
import { TransactionLayer } from '../../../sip/transaction/transaction_layer.ts';
import type { Flow, Hop, Sending, SendWatcher, Transport } from '../../../sip/transport/transport.ts';
import { HandResolver } from '../locate/hand_resolver.ts';
import { HandClock } from '../transport/hand_clock.ts';

export function sipUri(text: string): SipUri {
  const parsed = parseUri(text);
  if (parsed?.kind !== 'sip') throw new Error(`no SIP URI: ${text}`);
  return parsed;
}

export function address(text: string): NameAddr {
  const parsed = parseNameAddr(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
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

  /** Lets time pass, and what it sets going run. */
  async turn(byMs: number): Promise<void> {
    this.clock.turn(byMs);
    await settle();
  }

  /** Requests since the last look. */
  take(): SipRequest[] {
    return this.received.splice(0).map(({ request }) => request);
  }
}

/** A registration at such a far end, and what it tells. */
export class Rig {
  readonly far = new FarEnd();
  readonly resolver = new HandResolver().hosts({ 'registrar.example': '192.0.2.10' });
  readonly locator: Locator;
  readonly registration: Registration;
  /** `registered 3600` (seconds left) and `failed unavailable 45` (seconds to the next try), with the status. */
  readonly told: string[] = [];

  constructor(account: Partial<Account> = {}, random: () => number = () => 0) {
    const { clock } = this.far;
    this.locator = new Locator({ protocols: ['UDP', 'TCP', 'TLS'], resolver: this.resolver, clock, random });
    this.registration = new Registration({
      account: {
        registrar: sipUri('sip:registrar.example'),
        addressOfRecord: sipUri('sip:4930123@example.com'),
        contactUser: '4930123',
        expiresS: 3600,
        routes: [],
        credentialsFor: () => ({ user: '4930123', password: 'secret' }),
        ...account,
      },
      access: {
        requester: this.far.layer,
        locator: this.locator,
        contactOf: () => ({ host: '192.0.2.99', port: 5060 }),
      },
      clock,
      random,
      events: {
        registered: ({ untilMs }) => this.told.push(`registered ${(untilMs - clock.nowMs()) / 1000}`),
        failed: ({ cause, status, nextTryMs }) =>
          this.told.push(`failed ${cause} ${status} ${(nextTryMs - clock.nowMs()) / 1000}`),
      },
    });
  }

  async start(): Promise<void> {
    this.registration.start();
    await settle();
  }

  takeTold(): string[] {
    return this.told.splice(0);
  }
}

/** The Contact of a REGISTER, as a registrar lists it. */
export function contactOf({ contacts }: SipRequest, expiresS?: number): string {
  const [first] = contacts === '*' ? [] : contacts;
  if (first === undefined) throw new Error('no contact');
  return `<${formatUri(first.uri)}>${expiresS === undefined ? '' : `;expires=${expiresS}`}`;
}
