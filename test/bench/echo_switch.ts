import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  formatSip,
  headerOf,
  headersOf,
  parseSip,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../bench/wire/sip_message.ts';

/** What the switch does otherwise than to answer and to echo. */
export interface SwitchManners {
  /** Decides on an INVITE; a status refuses it. */
  readonly refuse?: (invite: SipRequest) => number | undefined;
  /** Wants to know who calls (RFC 7616): the value of WWW-Authenticate. */
  readonly challenge?: string;
  /** Never answers, so that the caller has to cancel. */
  readonly rings?: boolean;
  /** Each first copy of a request gets lost. */
  readonly deafToFirst?: boolean;
  /** Payload types of its answer; else as offered. */
  readonly types?: string;
  /** What becomes of a packet on its way back; undefined: it gets lost. */
  readonly echo?: (packet: Buffer) => Buffer | undefined;
}

interface SwitchedCall {
  readonly media: Socket;
  readonly caller: RemoteInfo;
  readonly invite: SipRequest;
  isHeld: boolean;
}

/** A far end for many calls at once on the loopback: sends back what it hears. */
export class EchoSwitch {
  /** Each request as it came, copies too. */
  readonly requests: SipRequest[] = [];
  readonly responses: SipResponse[] = [];
  readonly #sip = createSocket('udp4');
  readonly #manners: SwitchManners;
  readonly #calls = new Map<string, SwitchedCall>();
  readonly #heard = new Set<string>();
  readonly #waiting = new Set<{ holds: () => boolean; resolve: () => void }>();
  #sequence = 0;

  constructor(manners: SwitchManners = {}) {
    this.#manners = manners;
    this.#sip.on('message', (datagram, from) => {
      const message = parseSip(datagram);
      if (message?.type === 'request') void this.#serve(message, from);
      else if (message !== undefined) this.responses.push(message);
      for (const waiting of this.#waiting) {
        if (waiting.holds()) waiting.resolve();
      }
    });
  }

  static async start(manners?: SwitchManners): Promise<EchoSwitch> {
    const created = new EchoSwitch(manners);
    created.#sip.bind(0, '127.0.0.1');
    await once(created.#sip, 'listening');
    return created;
  }

  get target(): string {
    return `sip:echo@127.0.0.1:${this.#sip.address().port}`;
  }

  get calls(): number {
    return this.#calls.size;
  }

  /** Requests of that method, those that were sent again counted once. */
  count(method: string): number {
    const sent = this.requests.filter(request => request.method === method);
    return new Set(sent.map(request => headerOf(request, 'via'))).size;
  }

  /** Resolves once it holds; looked at whenever a message has come. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise(resolve => this.#waiting.add({ holds, resolve }));
  }

  /** Asks something of every call, as BYE. */
  askAll(method: string): void {
    for (const { invite, caller } of this.#calls.values()) {
      this.#sequence += 1;
      const headers = [
        {
          name: 'Via',
          value: `SIP/2.0/UDP 127.0.0.1:${this.#sip.address().port};branch=z9hG4bK${method}${this.#sequence}`,
        },
        { name: 'Max-Forwards', value: '70' },
        { name: 'From', value: `${headerOf(invite, 'to')};tag=switch` },
        { name: 'To', value: headerOf(invite, 'from')! },
        { name: 'Call-ID', value: headerOf(invite, 'call-id')! },
        { name: 'CSeq', value: `${this.#sequence} ${method}` },
      ];
      this.#send({ type: 'request', method, uri: 'sip:caller@127.0.0.1', headers, body: '' }, caller);
    }
  }

  close(): void {
    for (const { media } of this.#calls.values()) media.close();
    this.#sip.close();
  }

  async #serve(request: SipRequest, from: RemoteInfo): Promise<void> {
    this.requests.push(request);
    const key = `${headerOf(request, 'call-id')} ${headerOf(request, 'cseq')}`;
    const isFirst = !this.#heard.has(key);
    this.#heard.add(key);
    if (isFirst && this.#manners.deafToFirst === true && request.method !== 'ACK') return;
    const callId = headerOf(request, 'call-id')!;
    if (request.method === 'INVITE') await this.#invited(request, from, callId);
    else if (request.method === 'CANCEL') {
      this.#respond(request, from, 200);
      const invite = this.requests.find(
        each => each.method === 'INVITE' && headerOf(each, 'call-id') === callId,
      )!;
      this.#respond(invite, from, 487);
    } else if (request.method === 'BYE') {
      this.#calls.get(callId)?.media.close();
      this.#calls.delete(callId);
      this.#respond(request, from, 200);
    } else if (request.method !== 'ACK') this.#respond(request, from, 200);
  }

  async #invited(invite: SipRequest, caller: RemoteInfo, callId: string): Promise<void> {
    const { challenge } = this.#manners;
    if (challenge !== undefined && headerOf(invite, 'authorization') === undefined)
      return this.#respond(invite, caller, 401, '', { 'WWW-Authenticate': challenge });
    const refusal = this.#manners.refuse?.(invite);
    if (refusal !== undefined) return this.#respond(invite, caller, refusal);
    this.#respond(invite, caller, 180);
    if (this.#manners.rings === true) return;
    const known = this.#calls.get(callId);
    const media = known?.media ?? createSocket('udp4');
    if (known === undefined) {
      media.bind(0, '127.0.0.1');
      await once(media, 'listening');
    }
    const isHeld = /a=sendonly/.test(invite.body);
    const call = { media, caller, invite: known?.invite ?? invite, isHeld };
    this.#calls.set(callId, call);
    if (known === undefined) media.on('message', (packet, from) => this.#echo(callId, packet, from));
    const direction = isHeld ? 'recvonly' : 'sendrecv';
    const types = this.#manners.types ?? /m=audio \d+ RTP\/AVP ([\d ]+)/.exec(invite.body)![1]!;
    const sdp =
      `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n` +
      `m=audio ${media.address().port} RTP/AVP ${types}\r\na=rtpmap:101 telephone-event/8000\r\na=${direction}\r\n`;
    this.#respond(invite, caller, 200, sdp);
  }

  #echo(callId: string, packet: Buffer, { address, port }: RemoteInfo): void {
    const call = this.#calls.get(callId);
    if (call === undefined || call.isHeld) return;
    const back = this.#manners.echo === undefined ? packet : this.#manners.echo(packet);
    if (back !== undefined) call.media.send(back, port, address);
  }

  #respond(
    request: SipRequest,
    { address, port }: RemoteInfo,
    status: number,
    body = '',
    extra: Record<string, string> = {},
  ): void {
    const to = headerOf(request, 'to')!;
    const headers = [
      ...headersOf(request, 'via').map(value => ({ name: 'Via', value })),
      { name: 'From', value: headerOf(request, 'from')! },
      { name: 'To', value: to.includes('tag=') ? to : `${to};tag=switch` },
      { name: 'Call-ID', value: headerOf(request, 'call-id')! },
      { name: 'CSeq', value: headerOf(request, 'cseq')! },
      { name: 'Contact', value: `<${this.target}>` },
      ...(body === '' ? [] : [{ name: 'Content-Type', value: 'application/sdp' }]),
      ...Object.entries(extra).map(([name, value]) => ({ name, value })),
    ];
    this.#send({ type: 'response', status, reason: 'Said', headers, body }, { address, port });
  }

  #send(message: SipMessage, { address, port }: Pick<RemoteInfo, 'address' | 'port'>): void {
    this.#sip.send(formatSip(message), port, address);
  }
}
