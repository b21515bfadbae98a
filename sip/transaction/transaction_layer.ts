import { createHmac, randomBytes } from 'node:crypto';
import { type Clock, SYSTEM_CLOCK } from '../clock.ts';
import { SIP_LIMITS } from '../limits.ts';
import { newResponse } from '../message/build.ts';
import { Headers } from '../message/headers.ts';
import { newBranch, newTag } from '../message/ids.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { tagOf } from '../message/name_addr.ts';
import type { Rejected } from '../message/outcome.ts';
import type { Refusal } from '../message/screen.ts';
import type {
  Flow,
  Hop,
  Sending,
  SendWatcher,
  Transport,
  TransportFailure,
  TransportHandler,
} from '../transport/transport.ts';
import type { ClientEvents, ClientMachine, ClientParts, ClientTransaction } from './client_transaction.ts';
import { Holdings } from './holdings.ts';
import { InviteClient } from './invite_client.ts';
import { InviteServer } from './invite_server.ts';
import { clientKey, mergeKey, serverKey } from './keys.ts';
import { NonInviteClient } from './non_invite_client.ts';
import { NonInviteServer } from './non_invite_server.ts';
import type { ServerMachine, ServerParts, ServerTransaction } from './server_transaction.ts';

/** The layer above: dialogs, and whatever answers outside of them. */
export interface TransactionUser {
  /**
   * Asked about each new request before anything is kept or said: nothing lets it in, a refusal is answered without
   * state, copies alike, and silence tells nobody that there is anything here. Without it all are let in.
   */
  admit?(request: SipRequest, flow: Flow): Refusal | 'silence' | undefined;
  /** A new request, neither ACK nor CANCEL. It must be answered through its transaction, sooner or later. */
  request(server: ServerTransaction): void;
  /** The ACK to a 2xx, or to nothing that is known here; each copy of it. */
  ack(ack: SipRequest, flow: Flow): void;
  /** A 2xx to an INVITE whose transaction is gone, or never was: it wants an ACK all the same (RFC 6026 §8). */
  strayResponse(response: SipResponse, flow: Flow): void;
  /** A request that could not be read; whether its sender is told. */
  rejected(rejected: Rejected, flow: Flow): boolean;
  /** A socket broke. */
  fault(failure: TransportFailure): void;
  /**
   * The work on this message threw; a request has been answered with 500. Whether what it belongs to was given up: the
   * error is thrown on otherwise.
   */
  broken?(message: SipRequest | SipResponse, error: unknown): boolean;
}

export type TransactionLimits = Readonly<
  Record<
    | 'serverTransactions'
    | 'sourceTransactions'
    | 'callTransactions'
    | 'callBytes'
    | 'byeTransactions'
    | 'clientTransactions',
    number
  >
>;

export interface TransactionOptions {
  readonly user: TransactionUser;
  readonly clock?: Clock;
  readonly limits?: Partial<TransactionLimits>;
}

/**
 * Finds the transaction of everything that comes, and makes new ones (RFC 3261 §17). Made first, then the transport on
 * it, then `use` of that transport:
 *
 *     const transactions = new TransactionLayer({ user });
 *     const transport = new TransportLayer({ handler: transactions });
 *     transactions.use(transport);
 */
export class TransactionLayer implements TransportHandler {
  readonly #user: TransactionUser;
  readonly #clock: Clock;
  readonly #limits: TransactionLimits;
  readonly #clients = new Map<string, ClientMachine>();
  readonly #servers = new Map<string, ServerMachine>();
  /** Server transactions by the address that their requests came from, and by their Call-ID. */
  readonly #ofSource = new Holdings();
  readonly #ofCall = new Holdings();
  /** Requests outside dialogs by what their copies share (§8.2.2.2). */
  readonly #merges = new Map<string, ServerMachine>();
  /** Makes the To tag of answers that leave no state behind (§8.2.7: the same for each copy). */
  readonly #secret = randomBytes(32);
  #transport: Transport | undefined;

  constructor({ user, clock = SYSTEM_CLOCK, limits }: TransactionOptions) {
    this.#user = user;
    this.#clock = clock;
    this.#limits = { ...SIP_LIMITS, ...limits };
  }

  /** Names the transport to send by; before that nothing is sent. */
  use(transport: Transport): void {
    this.#transport = transport;
  }

  /** Transactions that are held. */
  get size(): { readonly clients: number; readonly servers: number } {
    return { clients: this.#clients.size, servers: this.#servers.size };
  }

  /** Sends a request, other than ACK and CANCEL, in a transaction of its own. Its Via is made here. */
  send(request: SipRequest, hop: Hop, events: ClientEvents): ClientTransaction {
    return this.#start(withBranch(request, hop), hop, events);
  }

  /**
   * Goes on with an INVITE that another process has received and not answered: the same bytes, Via with `received` and
   * `rport`, and the tag that its responses had.
   */
  adopt(invite: SipRequest, flow: Flow, localTag: string): ServerTransaction {
    return this.#open(invite, flow, localTag, mergeKey(invite));
  }

  /** Sends the ACK to a 2xx, which has no transaction (§13.2.2.4); `resend` repeats it for each copy of the 2xx. */
  sendAck(ack: SipRequest, hop: Hop, watcher: SendWatcher): Sending {
    return this.#sender.sendRequest(withBranch(ack, hop), hop, watcher);
  }

  request(request: SipRequest, flow: Flow): void {
    this.#contain(request, () => this.#receive(request, flow));
  }

  response(response: SipResponse, flow: Flow): void {
    // §8.1.3.3: with a second Via it was meant for somebody else.
    if (response.vias.length > 1) return;
    this.#contain(response, () => this.#hear(response, flow));
  }

  rejected(rejected: Rejected, flow: Flow): void {
    if (this.#user.rejected(rejected, flow)) this.#sender.sendRejection(rejected, flow);
  }

  fault(failure: TransportFailure): void {
    this.#user.fault(failure);
  }

  get #sender(): Transport {
    return this.#transport ?? NO_TRANSPORT;
  }

  /** A fault in the work on one message costs what it belongs to, not everything else. */
  #contain(message: SipRequest | SipResponse, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (message.kind === 'request') this.#servers.get(serverKey(message))?.respond(500);
      if (this.#user.broken?.(message, error) !== true) throw error;
    }
  }

  #receive(request: SipRequest, flow: Flow): void {
    const server = this.#servers.get(serverKey(request));
    if (request.method === 'ACK') {
      if (!server?.receiveAck(request)) this.#user.ack(request, flow);
    } else if (server !== undefined) {
      server.receiveAgain();
    } else if (request.method !== 'CANCEL' || !this.#cancel(request, flow)) {
      this.#meet(request, flow);
    }
  }

  #hear(response: SipResponse, flow: Flow): void {
    const client = this.#clients.get(clientKey(response));
    if (client !== undefined) client.receive(response, flow);
    else if (response.cseq.method === 'INVITE' && response.status >= 200 && response.status < 300)
      this.#user.strayResponse(response, flow);
  }

  #start(request: SipRequest, hop: Hop, events: ClientEvents): ClientTransaction {
    const key = clientKey(request);
    // A CANCEL makes room.
    const isFull = this.#clients.size >= this.#limits.clientTransactions && request.method !== 'CANCEL';
    const transport = isFull ? FULL_TRANSPORT : this.#sender;
    const ended = (): void => void this.#clients.delete(key);
    const parts: ClientParts = { request, hop, transport, clock: this.#clock, events, ended };
    const client =
      request.method === 'INVITE'
        ? new InviteClient(parts, (cancel, used) => void this.#start(cancel, used, DEAF))
        : new NonInviteClient(parts);
    this.#clients.set(key, client);
    return client;
  }

  /** A request that is seen for the first time. */
  #meet(request: SipRequest, flow: Flow): void {
    const refusal = this.#user.admit?.(request, flow);
    const merge = mergeKey(request);
    if (refusal === 'silence') return;
    if (refusal !== undefined) {
      this.#answer(request, flow, refusal.status, refusal.headers);
    } else if (request.method === 'CANCEL') {
      // §9.2: it cancels nothing that is known.
      this.#answer(request, flow, 481);
    } else if (merge !== undefined && this.#merges.has(merge)) {
      this.#answer(request, flow, 482);
    } else if (this.#isFull(request, flow)) {
      const retryAfterS = String(SIP_LIMITS.overloadRetryAfterS);
      this.#answer(request, flow, 503, Headers.of({ 'Retry-After': retryAfterS }));
    } else {
      this.#user.request(this.#open(request, flow, tagOf(request.to) ?? newTag(), merge));
    }
  }

  /** Whether a request finds no place, so that a flood in one call, or from one end, leaves places for all others. */
  #isFull({ callId, method }: SipRequest, { remote }: Flow): boolean {
    const most = this.#limits;
    const { count, bytes } = this.#ofCall.of(callId);
    if (method === 'BYE') return count >= most.callTransactions + most.byeTransactions;
    return (
      this.#servers.size >= most.serverTransactions ||
      this.#ofSource.of(remote.address).count >= most.sourceTransactions ||
      count >= most.callTransactions ||
      bytes >= most.callBytes
    );
  }

  #open(request: SipRequest, flow: Flow, localTag: string, merge?: string): ServerMachine {
    const key = serverKey(request);
    const bytes = bytesOf(request);
    const ended = (): void => {
      this.#servers.delete(key);
      this.#ofSource.giveBack(flow.remote.address, bytes);
      this.#ofCall.giveBack(request.callId, bytes);
      if (merge !== undefined) this.#merges.delete(merge);
    };
    const parts: ServerParts = {
      request,
      flow,
      localTag,
      transport: this.#sender,
      clock: this.#clock,
      ended,
    };
    const server = request.method === 'INVITE' ? new InviteServer(parts) : new NonInviteServer(parts);
    this.#servers.set(key, server);
    this.#ofSource.take(flow.remote.address, bytes);
    this.#ofCall.take(request.callId, bytes);
    if (merge !== undefined) this.#merges.set(merge, server);
    return server;
  }

  /** §9.2: 200 for what is known, by the tag that its other responses have; whether it was. */
  #cancel(cancel: SipRequest, flow: Flow): boolean {
    const invite = this.#servers.get(serverKey(cancel, 'INVITE'));
    if (invite === undefined) return false;
    this.#open(cancel, flow, invite.localTag).respond(200);
    invite.receiveCancel(cancel);
    return true;
  }

  /** An answer that leaves nothing behind (§8.2.7). */
  #answer(request: SipRequest, flow: Flow, status: number, headers = new Headers()): void {
    const toTag = createHmac('sha256', this.#secret).update(serverKey(request)).digest('hex').slice(0, 16);
    this.#sender.sendResponse(newResponse(request, status, { toTag, headers }), flow, IGNORED);
  }
}

/** What a request holds, about. */
function bytesOf({ body, headers, ...others }: SipRequest): number {
  return body.length + JSON.stringify([others, ...headers]).length;
}

const IGNORED: SendWatcher = { failed: () => undefined };
/** Nobody waits for the answer to a CANCEL. */
const DEAF: ClientEvents = { response: () => undefined, failed: () => undefined };

function refusing(failure: TransportFailure): Transport {
  const refuse = (protocol: Hop | Flow, watcher: SendWatcher): Sending => {
    queueMicrotask(() => watcher.failed(failure));
    const hop: Hop = 'remote' in protocol ? { ...protocol.remote, protocol: protocol.protocol } : protocol;
    return { hop, reliable: true, resend: () => undefined };
  };
  return {
    sendRequest: (_request, hop, watcher) => refuse(hop, watcher),
    sendResponse: (_response, flow, watcher) => refuse(flow, watcher),
    sendRejection: () => undefined,
  };
}

const NO_TRANSPORT = refusing({ cause: 'no listener', detail: 'no transport yet' });
const FULL_TRANSPORT = refusing({ cause: 'overload', detail: 'too many client transactions' });

/** The request with a Via of its own, which the transport completes. */
function withBranch(request: SipRequest, hop: Hop): SipRequest {
  const params = [{ name: 'branch', value: newBranch() }];
  return { ...request, vias: [{ transport: hop.protocol, host: 'this-end.invalid', params }] };
}
