import { isIP } from 'node:net';
import { answerChallenge, type Credentials } from '../wire/sip_digest.ts';
import { type Address, parseSipUri } from '../wire/sip_uri.ts';
import { type Resend, T2_MS } from './resends.ts';
import { type SipReading, uriOf } from './sip_reading.ts';
import { requestText, responseText, SDP, type SipIdentity } from './sip_text.ts';

/** What the legs of a generator share. */
export interface SipWay {
  readonly target: string;
  readonly remote: Address;
  readonly credentials: Credentials | undefined;
  transmit(text: string, to: Address): void;
  start(resend: Resend): void;
  stop(resend: Resend): void;
  /** Of a transaction: never the same again (RFC 3261 §8.1.1.7). */
  newBranch(): string;
}

type OnResponse = (response: SipReading, nowMs: number) => void;

export interface LegEvents {
  provisional(status: number, nowMs: number): void;
  /** The first 200: its description. The ACK is on its way. */
  answered(sdp: string, nowMs: number): void;
  /** No call came about: a final status, or undefined when nobody answered or the ringing was cancelled. */
  failed(status: number | undefined): void;
  /** The far end answered one of our requests within the call. */
  replied(method: string, status: number, sdp: string, nowMs: number): void;
  /** The far end offers another session, or asks for an offer when there is none: our description. */
  offered(sdp: string | undefined, nowMs: number): string;
  ended(by: 'remote' | 'local', nowMs: number): void;
}

export type LegState = 'new' | 'calling' | 'ringing' | 'cancelling' | 'up' | 'leaving' | 'over';

/** One call's signalling from the caller's side (RFC 3261 §13, §14, §15, §9): lean, over UDP, every wait bounded. */
export class SipLeg {
  readonly identity: SipIdentity;
  readonly #way: SipWay;
  readonly #events: LegEvents;
  /** What to do with responses, by the branch of the request. */
  readonly #branches = new Map<string, OnResponse>();
  #state: LegState = 'new';
  #to: string;
  #uri: string;
  #routes: readonly string[] = [];
  #hop: Address;
  #sequence = 0;
  #inviteBranch = '';
  #offer = '';
  #waiting: Resend | undefined;
  #ack = '';
  #authorization = '';

  constructor(identity: SipIdentity, way: SipWay, events: LegEvents) {
    this.identity = identity;
    this.#way = way;
    this.#events = events;
    this.#to = `<${way.target}>`;
    this.#uri = way.target;
    this.#hop = way.remote;
  }

  get state(): LegState {
    return this.#state;
  }

  invite(offer: string): void {
    this.#offer = offer;
    this.#state = 'calling';
    this.#sendInvite();
  }

  /** Ends the call in whatever state it is: CANCEL while it rings, BYE when it is up. */
  hangUp(): void {
    if (this.#state === 'calling') this.#state = 'cancelling';
    else if (this.#state === 'ringing') {
      this.#state = 'cancelling';
      this.#sendCancel();
    } else if (this.#state === 'up') this.#sendBye();
  }

  /** Offers another session: re-INVITE (§14.1). */
  reoffer(sdp: string): void {
    if (this.#state !== 'up') return;
    const branch = this.#request('INVITE', SDP, sdp, (response, nowMs) => {
      if (response.status < 200) return;
      this.#acknowledge(response, branch);
      this.#events.replied('INVITE', response.status, response.body, nowMs);
    });
  }

  /** Any other request within the call, as INFO or OPTIONS. */
  ask(method: string, contentType = '', body = ''): void {
    if (this.#state !== 'up') return;
    this.#request(method, contentType, body, (response, nowMs) => {
      if (response.status >= 200) this.#events.replied(method, response.status, response.body, nowMs);
    });
  }

  receive(message: SipReading, from: Address, nowMs: number): void {
    if (message.status === 0) this.#serve(message, from, nowMs);
    else this.#branches.get(message.branch)?.(message, nowMs);
  }

  #serve(request: SipReading, from: Address, nowMs: number): void {
    const { method } = request;
    if (method === 'ACK') return;
    if (this.#state !== 'up' && method !== 'BYE') {
      this.#respond(request, '481 Call Does Not Exist', from);
      return;
    }
    const offers = method === 'INVITE' || (method === 'UPDATE' && request.body !== '');
    const answer = offers ? this.#events.offered(request.body === '' ? undefined : request.body, nowMs) : '';
    this.#respond(request, '200 OK', from, answer);
    if (method === 'BYE') this.#end('remote', nowMs);
  }

  #sendInvite(): void {
    this.#sequence += 1;
    this.#inviteBranch = this.#newBranch((response, nowMs) => this.#answered(response, nowMs));
    const text = this.#text('INVITE', this.#inviteBranch, SDP, this.#offer, this.#authorization);
    this.#await({
      send: () => this.#way.transmit(text, this.#hop),
      gaveUp: () => this.#fail(undefined),
      mostIntervalMs: Number.POSITIVE_INFINITY,
    });
  }

  #answered(response: SipReading, nowMs: number): void {
    const { status, method } = response;
    if (method === 'CANCEL') this.#cancelled(status);
    else if (status < 200) this.#rings(status, nowMs);
    else if (status < 300) this.#establish(response, nowMs);
    else {
      this.#stopWaiting();
      this.#transmitAck(response, this.#inviteBranch);
      if (this.#state === 'over' || this.#authorizes(response)) return;
      this.#fail(this.#state === 'cancelling' ? undefined : status);
    }
  }

  #rings(status: number, nowMs: number): void {
    this.#stopWaiting();
    if (this.#state === 'cancelling') this.#sendCancel();
    else if (this.#state === 'calling' || this.#state === 'ringing') {
      this.#state = 'ringing';
      this.#events.provisional(status, nowMs);
    }
  }

  /** Each repetition of the 200 is acknowledged again (§13.2.2.4). */
  #establish(response: SipReading, nowMs: number): void {
    this.#stopWaiting();
    if (this.#ack !== '') {
      this.#way.transmit(this.#ack, this.#hop);
      return;
    }
    this.#to = response.to;
    this.#routes = response.recordRoutes.toReversed();
    this.#uri = response.contactUri ?? this.#uri;
    this.#hop = hopOf(uriOf(this.#routes[0]) ?? this.#uri) ?? this.#hop;
    this.#ack = this.#text('ACK', `${this.#inviteBranch}a`, '', '', this.#authorization);
    this.#way.transmit(this.#ack, this.#hop);
    const isWanted = this.#state !== 'cancelling';
    this.#state = 'up';
    if (isWanted) this.#events.answered(response.body, nowMs);
    else this.#sendBye();
  }

  #authorizes({ challenges, status }: SipReading): boolean {
    const { credentials, target } = this.#way;
    if (credentials === undefined || this.#authorization !== '' || (status !== 401 && status !== 407))
      return false;
    if (this.#state === 'cancelling') return false;
    for (const { byProxy, value } of challenges) {
      const answer = answerChallenge(value, credentials, { method: 'INVITE', uri: target });
      if (answer === undefined) continue;
      this.#authorization = `${byProxy ? 'Proxy-Authorization' : 'Authorization'}: ${answer}\r\n`;
      this.#state = 'calling';
      this.#sendInvite();
      return true;
    }
    return false;
  }

  /** The ACK of a final response to a re-INVITE: of its own for a 2xx, else of the transaction (§17.1.1.3). */
  #acknowledge(response: SipReading, branch: string): void {
    this.#transmitAck(response, response.status < 300 ? `${branch}a` : branch);
  }

  #transmitAck(response: SipReading, branch: string): void {
    const ack = requestText(this.identity, {
      method: 'ACK',
      uri: this.#uri,
      to: response.to,
      sequence: response.sequence,
      branch,
      routes: this.#routes,
      extra: '',
      contentType: '',
      body: '',
    });
    this.#way.transmit(ack, this.#hop);
  }

  /** CANCEL has the INVITE's own branch and number (§9.1). */
  #sendCancel(): void {
    const text = this.#text('CANCEL', this.#inviteBranch, '', '', '');
    this.#await({
      send: () => this.#way.transmit(text, this.#hop),
      gaveUp: () => this.#fail(undefined),
      mostIntervalMs: T2_MS,
    });
  }

  /** The INVITE's own final response is still to come, and not for ever (§9.1). */
  #cancelled(status: number): void {
    if (status < 200 || this.#state !== 'cancelling') return;
    const nothing = (): void => {};
    this.#await({ send: nothing, gaveUp: () => this.#fail(undefined), mostIntervalMs: T2_MS });
  }

  #sendBye(): void {
    this.#state = 'leaving';
    this.#request('BYE', '', '', (response, nowMs) => {
      if (response.status >= 200) this.#end('local', nowMs);
    });
  }

  /** Sends a request until its final response; gives its branch. */
  #request(method: string, contentType: string, body: string, onResponse: OnResponse): string {
    this.#sequence += 1;
    const branch = this.#newBranch((response, nowMs) => {
      if (response.status >= 200 || method === 'INVITE') this.#way.stop(resend);
      onResponse(response, nowMs);
    });
    const text = this.#text(method, branch, contentType, body, '');
    const resend: Resend = {
      send: () => this.#way.transmit(text, this.#hop),
      gaveUp: () => this.#giveUp(method),
      mostIntervalMs: method === 'INVITE' ? Number.POSITIVE_INFINITY : T2_MS,
    };
    this.#way.start(resend);
    return branch;
  }

  #newBranch(onResponse: OnResponse): string {
    const branch = this.#way.newBranch();
    this.#branches.set(branch, onResponse);
    return branch;
  }

  /** The far end is gone, or does not know the method: only BYE decides about the call. */
  #giveUp(method: string): void {
    if (method === 'BYE') this.#end('local', performance.now());
    else this.#events.replied(method, 408, '', performance.now());
  }

  #text(method: string, branch: string, contentType: string, body: string, extra: string): string {
    return requestText(this.identity, {
      method,
      uri: this.#uri,
      to: this.#to,
      sequence: this.#sequence,
      branch,
      routes: this.#routes,
      extra,
      contentType,
      body,
    });
  }

  #respond(request: SipReading, status: string, from: Address, body = ''): void {
    this.#way.transmit(responseText(request, this.identity, status, body), from);
  }

  #await(resend: Resend): void {
    this.#stopWaiting();
    this.#waiting = resend;
    this.#way.start(resend);
  }

  #stopWaiting(): void {
    if (this.#waiting !== undefined) this.#way.stop(this.#waiting);
    this.#waiting = undefined;
  }

  #fail(status: number | undefined): void {
    if (this.#state === 'over') return;
    this.#stopWaiting();
    this.#state = 'over';
    this.#events.failed(status);
  }

  #end(by: 'remote' | 'local', nowMs: number): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#events.ended(by, nowMs);
  }
}

/** Undefined for names: those calls go on the way that worked so far. */
function hopOf(uri: string): Address | undefined {
  try {
    const { host, port } = parseSipUri(uri);
    return isIP(host) === 0 ? undefined : { host, port };
  } catch {
    return undefined;
  }
}
