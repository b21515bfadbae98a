import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { CODECS, type Codec } from '../../bench/wire/codec.ts';
import { parseRtp } from '../../bench/wire/rtp_packet.ts';
import { formatSdp } from '../../bench/wire/sdp.ts';
import {
  formatSip,
  headerOf,
  headersOf,
  parseSip,
  type SipRequest,
  type SipResponse,
} from '../../bench/wire/sip_message.ts';

const TO_TAG = 'phone-tag';

/** A phone on the loopback that does what a test tells it, and remembers all that it got. */
export class Phone {
  /** Every request once, and all copies of them as they came. */
  readonly requests: SipRequest[] = [];
  readonly copies: SipRequest[] = [];
  readonly responses: SipResponse[] = [];
  readonly rtp: Buffer[] = [];
  readonly sip: Socket = createSocket('udp4');
  readonly media: Socket = createSocket('udp4');
  readonly #onRequest: (phone: Phone, request: SipRequest) => void;
  readonly #waiting: { test: (phone: Phone) => boolean; resolve: () => void }[] = [];
  #caller = { host: '127.0.0.1', port: 0 };
  #callerMedia: { port: number } | undefined;
  #sequence = 0;

  constructor(onRequest: (phone: Phone, request: SipRequest) => void) {
    this.#onRequest = onRequest;
    this.sip.on('message', (datagram, from) => {
      this.#caller = { host: from.address, port: from.port };
      const message = parseSip(datagram);
      if (message?.type === 'request') {
        if (!this.requests.some(known => isCopy(known, message))) this.requests.push(message);
        this.copies.push(message);
        this.#onRequest(this, message);
      } else if (message !== undefined) this.responses.push(message);
      this.#wake();
    });
    this.media.on('message', (datagram, from) => {
      this.#callerMedia = from;
      this.rtp.push(datagram);
      this.#wake();
    });
  }

  static async start(onRequest: (phone: Phone, request: SipRequest) => void): Promise<Phone> {
    const phone = new Phone(onRequest);
    for (const socket of [phone.sip, phone.media]) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    return phone;
  }

  get target(): string {
    return `sip:agent@127.0.0.1:${this.sip.address().port}`;
  }

  methods(): string[] {
    return this.requests.map(({ method }) => method);
  }

  /** Resolves as soon as the test holds; the suite's own time limit is the only clock. */
  until(test: (phone: Phone) => boolean): Promise<void> {
    if (test(this)) return Promise.resolve();
    return new Promise(resolve => this.#waiting.push({ test, resolve }));
  }

  sdp(codec: Codec = CODECS.PCMU): string {
    const { port } = this.media.address();
    return formatSdp({
      host: '127.0.0.1',
      port,
      codecs: [codec],
      sessionId: 1,
      version: 1,
      direction: 'sendrecv',
    });
  }

  respond(
    request: SipRequest,
    status: number,
    reason: string,
    body = '',
    extra: Record<string, string> = {},
  ): void {
    const to = headerOf(request, 'to') ?? '';
    const headers = [
      ...headersOf(request, 'via').map(value => ({ name: 'Via', value })),
      { name: 'From', value: headerOf(request, 'from')! },
      { name: 'To', value: status === 100 || to.includes('tag=') ? to : `${to};tag=${TO_TAG}` },
      { name: 'Call-ID', value: headerOf(request, 'call-id')! },
      { name: 'CSeq', value: headerOf(request, 'cseq')! },
      { name: 'Contact', value: `<${this.target}>` },
      ...(body === '' ? [] : [{ name: 'Content-Type', value: 'application/sdp' }]),
      ...Object.entries(extra).map(([name, value]) => ({ name, value })),
    ];
    this.raw(formatSip({ type: 'response', status, reason, headers, body }));
  }

  /** A request within the dialog of the first INVITE; gives its sequence number. */
  ask(method: string, body = '', { sequence = 0, branch = '' } = {}): number {
    const invite = this.requests.find(request => request.method === 'INVITE')!;
    this.#sequence = sequence === 0 ? this.#sequence + 1 : sequence;
    const { port } = this.sip.address();
    const headers = [
      { name: 'Via', value: `SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${branch || `p${this.#sequence}`}` },
      { name: 'Max-Forwards', value: '70' },
      { name: 'From', value: `${headerOf(invite, 'to')};tag=${TO_TAG}` },
      { name: 'To', value: headerOf(invite, 'from')! },
      { name: 'Call-ID', value: headerOf(invite, 'call-id')! },
      { name: 'CSeq', value: `${this.#sequence} ${method}` },
      { name: 'Contact', value: `<${this.target}>` },
    ];
    this.raw(formatSip({ type: 'request', method, uri: 'sip:caller@127.0.0.1', headers, body }));
    return this.#sequence;
  }

  raw(datagram: Uint8Array): void {
    this.sip.send(datagram, this.#caller.port, this.#caller.host);
  }

  sendRtp(datagram: Uint8Array): void {
    if (this.#callerMedia !== undefined) this.media.send(datagram, this.#callerMedia.port, '127.0.0.1');
  }

  /** Sends back what it hears from now on, as an echo test does. */
  echo(): void {
    this.media.on('message', (datagram, from) => {
      if (parseRtp(datagram) !== undefined) this.media.send(datagram, from.port, from.address);
    });
  }

  close(): void {
    for (const socket of [this.sip, this.media]) {
      try {
        socket.close();
      } catch {
        // Closed by the session that it was lent to.
      }
    }
  }

  #wake(): void {
    const ready = this.#waiting.filter(({ test }) => test(this));
    for (const waiting of ready) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.resolve();
    }
  }
}

/** Transactions are told apart by branch and method (RFC 3261 §17.2.3). */
function isCopy(known: SipRequest, request: SipRequest): boolean {
  return known.method === request.method && headerOf(known, 'via') === headerOf(request, 'via');
}
