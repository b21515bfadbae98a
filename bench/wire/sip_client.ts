import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { Dialog, type LocalParty } from './sip_dialog.ts';
import { answerChallenge, type Credentials } from './sip_digest.ts';
import {
  formatSip,
  headerOf,
  headersOf,
  parameterOf,
  parseCSeq,
  parseSip,
  type SipHeader,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './sip_message.ts';
import { RemoteRequests } from './sip_requests.ts';
import { ClientTransaction, DEFAULT_T1_MS } from './sip_transaction.ts';
import { type Address, hostInUri, parseSipUri, resolveUri } from './sip_uri.ts';

export interface SipCallOptions {
  /** Request-URI of the INVITE. */
  readonly target: string;
  /** Where it is sent. */
  readonly remote: Address;
  readonly localHost: string;
  readonly fromUser: string;
  readonly credentials?: Credentials | undefined;
  readonly t1Ms?: number | undefined;
  /** Of the INVITE, beside those that every call has. */
  readonly headers?: readonly SipHeader[] | undefined;
}

export interface SipCallHandlers {
  provisional(response: SipResponse): void;
  /**
   * The far end offers another session, or asks for an offer: gives our description.
   * @throws SdpError when it can't be agreed to; the call goes on as it was
   */
  reoffered(offer: string | undefined): string;
  /** The far end answered an offer that it asked for. */
  reanswered(answer: string): void;
  /** The far end hung up. */
  hungUp(): void;
}

export type SipFailureKind = 'rejected' | 'noResponse' | 'noAnswer' | 'cancelled' | 'lost';

/** A call that did not come about; `status` is the far end's, where it said one. */
export class SipFailure extends Error {
  override readonly name = 'SipFailure';
  readonly kind: SipFailureKind;
  readonly status: number | undefined;

  constructor(kind: SipFailureKind, message: string, status?: number) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}

const USER_AGENT = 'Trunkline-Caller';
const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY';
const MAX_CHALLENGES = 3;
/** Fields that CANCEL and the ACK of a failure take over from the INVITE, in its own words (§9.1, §17.1.1.3). */
const IN_ACK = new Set(['Via', 'Max-Forwards', 'From', 'Call-ID']);
/** How long a cancelled call may take to end, in T1; the shorter when the far end has not responded at all. */
const CANCEL_IN_T1 = { ringing: 64, unanswered: 4 };

/** One outgoing call over UDP (RFC 3261) on a socket of its own: INVITE, its dialog, and its end. */
export class SipCall {
  readonly local: LocalParty;
  readonly #options: SipCallOptions;
  readonly #handlers: SipCallHandlers;
  readonly #socket: Socket;
  readonly #t1Ms: number;
  readonly #requests: RemoteRequests;
  readonly #transactions = new Map<string, ClientTransaction>();
  #dialog: Dialog | undefined;
  #nextHop: Address;
  #sequence = 1;
  #invite: SipRequest | undefined;
  #ack: SipRequest | undefined;
  #ringing = false;
  #cancelling: SipFailure | undefined;
  #settle: { resolve(response: SipResponse): void; reject(failure: SipFailure): void } | undefined;

  private constructor(socket: Socket, options: SipCallOptions, handlers: SipCallHandlers) {
    this.#socket = socket;
    this.#options = options;
    this.#handlers = handlers;
    this.#t1Ms = options.t1Ms ?? DEFAULT_T1_MS;
    this.#nextHop = options.remote;
    const host = hostInUri(options.localHost);
    const { port } = socket.address();
    this.local = {
      callId: `${randomBytes(12).toString('hex')}@${host}`,
      from: `<sip:${options.fromUser}@${host}:${port}>;tag=${randomBytes(6).toString('hex')}`,
      contact: `<sip:${options.fromUser}@${host}:${port}>`,
      userAgent: USER_AGENT,
    };
    this.#requests = new RemoteRequests({
      t1Ms: this.#t1Ms,
      local: this.local,
      allow: ALLOW,
      handlers,
      dialog: () => this.#dialog,
      send: (response, address) => this.#transmit(response, address),
      lost: () => void this.hangUp().finally(() => handlers.hungUp()),
    });
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
    // An ICMP error; the retransmissions find out whether the far end is really gone.
    socket.on('error', () => {});
  }

  static async open(options: SipCallOptions, handlers: SipCallHandlers): Promise<SipCall> {
    const socket = createSocket(options.localHost.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, options.localHost, () => {
        socket.removeListener('error', reject);
        resolve();
      });
    });
    return new SipCall(socket, options, handlers);
  }

  /**
   * Places the call: the 2xx with its description.
   * @throws SipFailure
   */
  invite(offer: string): Promise<SipResponse> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#sendInvite(offer, [], 1);
    });
  }

  /** Gives up before the answer; `invite` then fails with that. Without effect afterwards. */
  cancel(failure: SipFailure): void {
    if (this.#dialog !== undefined || this.#cancelling !== undefined) return;
    this.#cancelling = failure;
    const patience = this.#ringing ? CANCEL_IN_T1.ringing : CANCEL_IN_T1.unanswered;
    setTimeout(() => this.#fail(failure), this.#t1Ms * patience).unref();
    // Nothing may be cancelled that the far end has not yet answered at all (§9.1).
    if (this.#ringing) this.#sendCancel();
  }

  /** Whether the far end has said anything at all. */
  get responded(): boolean {
    return this.#ringing;
  }

  /** Says BYE and waits for its answer, or for 32 s. */
  hangUp(): Promise<void> {
    const dialog = this.#dialog;
    if (dialog === undefined) return Promise.resolve();
    this.#dialog = undefined;
    return new Promise(resolve => {
      const done = (): void => resolve();
      this.#begin(dialog.request('BYE', this.#via()), this.#nextHop, {
        response: ({ status }) => status >= 200 && done(),
        timedOut: done,
      });
    });
  }

  close(): void {
    for (const transaction of this.#transactions.values()) transaction.stop();
    this.#requests.close();
    this.#socket.close();
  }

  #sendInvite(offer: string, authorization: readonly SipHeader[], attempt: number): void {
    const { target } = this.#options;
    const invite: SipRequest = {
      type: 'request',
      method: 'INVITE',
      uri: target,
      headers: [
        { name: 'Via', value: this.#via() },
        { name: 'Max-Forwards', value: '70' },
        { name: 'From', value: this.local.from },
        { name: 'To', value: `<${target}>` },
        { name: 'Call-ID', value: this.local.callId },
        { name: 'CSeq', value: `${this.#sequence} INVITE` },
        { name: 'Contact', value: this.local.contact },
        { name: 'User-Agent', value: this.local.userAgent },
        { name: 'Allow', value: ALLOW },
        { name: 'Content-Type', value: 'application/sdp' },
        ...(this.#options.headers ?? []),
        ...authorization,
      ],
      body: offer,
    };
    this.#invite = invite;
    this.#begin(invite, this.#nextHop, {
      response: response => void this.#answered(response, offer, attempt),
      timedOut: () => this.#fail(new SipFailure('noResponse', 'the far end does not respond')),
    });
  }

  async #answered(response: SipResponse, offer: string, attempt: number): Promise<void> {
    if (response.status < 200) {
      this.#ringing = true;
      if (this.#cancelling === undefined) this.#handlers.provisional(response);
      else this.#sendCancel();
    } else if (response.status < 300) {
      await this.#establish(response);
    } else {
      const authorization = attempt < MAX_CHALLENGES ? this.#authorize(response) : undefined;
      if (authorization === undefined || this.#cancelling !== undefined) {
        const { status, reason } = response;
        this.#fail(this.#cancelling ?? new SipFailure('rejected', `${status} ${reason}`.trim(), status));
        return;
      }
      this.#sequence += 1;
      this.#ringing = false;
      this.#sendInvite(offer, [authorization], attempt + 1);
    }
  }

  #authorize(response: SipResponse): SipHeader | undefined {
    const { credentials, target } = this.#options;
    const byProxy = response.status === 407;
    if (credentials === undefined || (response.status !== 401 && !byProxy)) return undefined;
    for (const challenge of headersOf(response, byProxy ? 'proxy-authenticate' : 'www-authenticate')) {
      const value = answerChallenge(challenge, credentials, { method: 'INVITE', uri: target });
      if (value !== undefined) return { name: byProxy ? 'Proxy-Authorization' : 'Authorization', value };
    }
    return undefined;
  }

  /** The first 2xx makes the dialog; its repetitions are acknowledged again, those of other branches ended. */
  async #establish(response: SipResponse): Promise<void> {
    const tag = parameterOf(headerOf(response, 'to') ?? '', 'tag');
    if (this.#ack !== undefined) {
      if (tag === this.#dialog?.remoteTag) this.#transmit(this.#ack, this.#nextHop);
      return;
    }
    const dialog = new Dialog(this.local, response, this.#options.target, this.#sequence);
    this.#dialog = dialog;
    const authorization = this.#invite?.headers.filter(({ name }) => name.endsWith('Authorization')) ?? [];
    this.#ack = dialog.request('ACK', this.#via(), authorization);
    this.#nextHop = await this.#resolve(dialog.nextHop);
    this.#transmit(this.#ack, this.#nextHop);
    if (this.#cancelling === undefined) this.#settle?.resolve(response);
    else void this.hangUp().then(() => this.#fail(this.#cancelling!));
  }

  /** Contacts that name no reachable host, as behind address translation: the way that worked so far. */
  async #resolve(uri: string): Promise<Address> {
    try {
      return await resolveUri(parseSipUri(uri));
    } catch {
      return this.#nextHop;
    }
  }

  /** CANCEL has the INVITE's own branch, so that proxies know which (§9.1). */
  #sendCancel(): void {
    const invite = this.#invite!;
    const cancel: SipRequest = {
      ...invite,
      method: 'CANCEL',
      headers: [
        ...invite.headers.filter(({ name }) => name === 'To' || IN_ACK.has(name)),
        { name: 'CSeq', value: `${this.#sequence} CANCEL` },
      ],
      body: '',
    };
    if (this.#transactions.has(transactionKey(cancel))) return;
    this.#begin(cancel, this.#options.remote, { response: () => {}, timedOut: () => {} });
  }

  #fail(failure: SipFailure): void {
    this.#settle?.reject(failure);
  }

  #begin(
    request: SipRequest,
    address: Address,
    { response, timedOut }: { response(response: SipResponse): void; timedOut(): void },
  ): void {
    const transaction = new ClientTransaction(
      { request, t1Ms: this.#t1Ms, send: message => this.#transmit(message, address), response, timedOut },
      final => acknowledge(request, final),
    );
    this.#transactions.set(transactionKey(request), transaction);
  }

  #via(): string {
    const { port } = this.#socket.address();
    const branch = `z9hG4bK${randomBytes(8).toString('hex')}`;
    return `SIP/2.0/UDP ${hostInUri(this.#options.localHost)}:${port};rport;branch=${branch}`;
  }

  #transmit(message: SipMessage, { host, port }: Address): void {
    try {
      this.#socket.send(formatSip(message), port, host);
    } catch {
      // The socket was closed under a retransmission: the call is over.
    }
  }

  #receive(datagram: Buffer, { address, port }: RemoteInfo): void {
    const from = { host: address, port };
    const message = parseSip(datagram);
    if (message === undefined || headerOf(message, 'call-id') !== this.local.callId) {
      if (message?.type === 'request') this.#requests.refuseStray(message, from);
      return;
    }
    if (message.type === 'request') this.#requests.receive(message, from);
    else this.#transactions.get(transactionKey(message))?.receive(message);
  }
}

/** Branch and method, by which responses find their transaction (§17.1.3). */
function transactionKey(message: SipMessage): string {
  const branch = parameterOf(headerOf(message, 'via') ?? '', 'branch') ?? '';
  return `${branch} ${parseCSeq(headerOf(message, 'cseq'))?.method ?? ''}`;
}

/** The ACK of a failed INVITE (§17.1.1.3). */
function acknowledge(invite: SipRequest, final: SipResponse): SipRequest {
  return {
    ...invite,
    method: 'ACK',
    headers: [
      ...invite.headers.filter(({ name }) => IN_ACK.has(name)),
      { name: 'To', value: headerOf(final, 'to') ?? '' },
      { name: 'CSeq', value: headerOf(invite, 'cseq')!.replace('INVITE', 'ACK') },
    ],
    body: '',
  };
}
