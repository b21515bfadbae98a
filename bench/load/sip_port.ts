import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Credentials } from '../wire/sip_digest.ts';
import { type Address, localAddressFor, parseSipUri, resolveUri } from '../wire/sip_uri.ts';
import { type Resend, Resends } from './resends.ts';
import { type LegEvents, SipLeg, type SipWay } from './sip_leg.ts';
import { readSip, type SipReading } from './sip_reading.ts';
import { responseText } from './sip_text.ts';

export interface SipPortOptions {
  readonly target: string;
  readonly localHost: string | undefined;
  readonly credentials: Credentials | undefined;
  /** 500 unless tests are in a hurry. */
  readonly t1Ms?: number | undefined;
}

const SOCKET_BUFFER_BYTES = 1 << 20;
/** How long a call that is over still answers: repetitions come for 32 s. */
const AFTERLIFE_MS = 40_000;

/** One UDP socket for the signalling of all calls; finds the call of whatever comes in. */
export class SipPort {
  readonly host: string;
  readonly #socket: Socket;
  readonly #resends: Resends;
  readonly #legs = new Map<string, SipLeg>();
  /** The oldest first. */
  readonly #over: { readonly leg: SipLeg; readonly sinceMs: number }[] = [];
  readonly #way: SipWay;
  readonly #run = Math.floor(Math.random() * 36 ** 6).toString(36);
  #calls = 0;
  #branches = 0;
  #unreadable = 0;

  private constructor(socket: Socket, host: string, remote: Address, options: SipPortOptions) {
    this.#socket = socket;
    this.host = host;
    this.#resends = new Resends(options.t1Ms);
    this.#way = {
      target: options.target,
      remote,
      credentials: options.credentials,
      transmit: (text, to) => this.#transmit(text, to),
      start: (resend: Resend) => this.#resends.start(resend, performance.now()),
      stop: (resend: Resend) => this.#resends.stop(resend),
      newBranch: () => {
        this.#branches += 1;
        return `z9hG4bK${this.#run}.${this.#branches.toString(36)}`;
      },
    };
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
    // An ICMP error of a target that is down: its calls time out.
    socket.on('error', () => {});
  }

  /** @throws Error for a target that is no SIP URI over UDP, or whose name is not found */
  static async open(options: SipPortOptions): Promise<SipPort> {
    const remote = await resolveUri(parseSipUri(options.target));
    const host = options.localHost ?? (await localAddressFor(remote));
    const family = isIP(host) === 6 ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      lookup: (address, _options, callback) => callback(null, address, family),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, host, () => {
        socket.removeListener('error', reject);
        resolve();
      });
    });
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    return new SipPort(socket, host, remote, options);
  }

  /** Datagrams that were no SIP message. */
  get unreadable(): number {
    return this.#unreadable;
  }

  leg(fromUser: string, events: LegEvents): SipLeg {
    this.#calls += 1;
    const { port } = this.#socket.address();
    const callId = `${this.#run}-${this.#calls}@${this.host}`;
    const identity = { host: this.host, port, callId, fromUser, fromTag: `${this.#run}${this.#calls}` };
    const leg = new SipLeg(identity, this.#way, events);
    this.#legs.set(callId, leg);
    return leg;
  }

  /** The call is over; what still comes of it is answered for a while. */
  forget(leg: SipLeg): void {
    this.#over.push({ leg, sinceMs: performance.now() });
  }

  /** Retransmits what is due; to be called every few milliseconds. */
  sweep(nowMs: number): void {
    this.#resends.sweep(nowMs);
    while (this.#over[0] !== undefined && nowMs - this.#over[0].sinceMs > AFTERLIFE_MS)
      this.#legs.delete(this.#over.shift()!.leg.identity.callId);
  }

  close(): void {
    this.#socket.close();
  }

  #transmit(text: string, { host, port }: Address): void {
    this.#socket.send(Buffer.from(text, 'latin1'), port, host);
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    const nowMs = performance.now();
    const message = readSip(datagram.toString('latin1'));
    if (message === undefined) {
      this.#unreadable += 1;
      return;
    }
    const address = { host: from.address, port: from.port };
    const leg = this.#legs.get(message.callId);
    if (leg !== undefined) leg.receive(message, address, nowMs);
    else if (message.status === 0 && message.method !== 'ACK') this.#answerStray(message, address);
  }

  /** Keep-alives are answered; calls that are over, or never were, are not there. */
  #answerStray(request: SipReading, from: Address): void {
    const status = request.method === 'OPTIONS' ? '200 OK' : '481 Call Does Not Exist';
    const own = { host: this.host, port: this.#socket.address().port, fromUser: 'load' };
    this.#transmit(responseText(request, own, status), from);
  }
}
