import { type Clock, SYSTEM_CLOCK } from '../clock.ts';
import { contactUri, continued, dialogOfInvite, keyOfRequest, keyOfResponse } from '../dialog/dialog.ts';
import type { DigestClient } from '../digest/client.ts';
import { SIP_LIMITS } from '../limits.ts';
import { Headers } from '../message/headers.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import { tagOf } from '../message/name_addr.ts';
import type { Rejected } from '../message/outcome.ts';
import { parseDatagram } from '../message/parse.ts';
import type { Refusal } from '../message/screen.ts';
import type { ServerTransaction } from '../transaction/server_transaction.ts';
import type { TransactionLayer, TransactionUser } from '../transaction/transaction_layer.ts';
import type { Flow, TransportFailure } from '../transport/transport.ts';
import { type AgentParts, namedHeaders, refusalOf, sayAbilities } from './agent_parts.ts';
import type { UserAgentHandler, UserAgentOptions } from './handler.ts';
import { InboundCall } from './inbound_call.ts';
import { SESSION_LIMITS } from './limits.ts';
import { OutboundCall } from './outbound_call.ts';
import { RestoredCall } from './restored_call.ts';
import type {
  InboundSession,
  InviteOptions,
  RingingSnapshot,
  Session,
  SessionEvents,
  SessionSnapshot,
} from './session.ts';
import { answerTimer } from './session_expires.ts';
import { SessionTable } from './session_table.ts';

/** Requests that mean nothing outside of a dialog (481). */
const IN_DIALOG_ONLY = new Set(['BYE', 'PRACK', 'UPDATE', 'INFO', 'NOTIFY']);

/**
 * A SIP user agent (RFC 3261 §8, §12 to §15): takes and places calls as sessions. Made first, then the transaction layer
 * on it, then `use` of that layer:
 *
 *     const agent = new UserAgent({ handler, contactOf });
 *     const transactions = new TransactionLayer({ user: agent });
 *     agent.use(transactions);
 */
export class UserAgent implements TransactionUser {
  readonly #handler: UserAgentHandler;
  readonly #options: UserAgentOptions;
  readonly #clock: Clock;
  readonly #table = new SessionTable();
  readonly #mostSessions: number;
  #parts: AgentParts | undefined;

  constructor(options: UserAgentOptions) {
    this.#handler = options.handler;
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#mostSessions = options.limits?.sessions ?? SESSION_LIMITS.sessions;
  }

  /** Names the transactions to send by; before that there are no sessions. */
  use(transactions: TransactionLayer): void {
    const { contactOf, serverName, random = Math.random } = this.#options;
    const sessionTimer = this.#options.sessionTimer ?? { expiresS: 1_800, minSeS: 90 };
    this.#parts = {
      transactions,
      clock: this.#clock,
      random,
      sessionTimer,
      table: this.#table,
      serverName,
      contactOf,
    };
  }

  /** Sessions held: also those that have ended and wait for their last messages. */
  get size(): number {
    return this.#table.size;
  }

  /** Places a call. */
  invite(options: InviteOptions, events: SessionEvents): Session {
    return new OutboundCall(options, events, this.#ready);
  }

  /**
   * Goes on with a session that another process has begun; a refresh that may be due is sent at once.
   * @param digest answers challenges to our requests in it
   */
  restore(snapshot: SessionSnapshot, events: SessionEvents, digest?: DigestClient): Session {
    return new RestoredCall(snapshot, events, this.#ready, digest);
  }

  /**
   * Goes on with a call that rang at another process: before the transport listens, or its INVITE might be met twice.
   * @throws TypeError for an INVITE that cannot be read
   */
  restoreRinging(snapshot: RingingSnapshot, events: SessionEvents, digest?: DigestClient): InboundSession {
    const parts = this.#ready;
    const { dialog, flow, media, answer } = snapshot;
    const read = parseDatagram(Buffer.from(snapshot.invite, 'base64'));
    if (read.outcome !== 'message' || read.message.kind !== 'request')
      throw new TypeError('a snapshot without an INVITE');
    const server = parts.transactions.adopt(read.message, flow, tagOf(dialog.local) ?? '');
    const call = new InboundCall(server, continued(dialog), parts, digest);
    if (media !== undefined) call.restoreMedia(media, answer);
    call.listen(events);
    return call;
  }

  /** Hangs up every session; resolves when the far ends have answered, or have had their time. */
  close(): Promise<void> {
    this.#table.hangUpAll();
    return new Promise(resolve => {
      this.#table.whenNoDialogs(resolve);
      this.#clock.after(SESSION_LIMITS.closingMs, resolve);
    });
  }

  admit(request: SipRequest, flow: Flow): Refusal | 'silence' | undefined {
    const isInDialog = this.#table.dialog(keyOfRequest(request)) !== undefined;
    return isInDialog ? undefined : (this.#handler.admit?.(request, flow) ?? this.#answerAtOnce(request));
  }

  request(server: ServerTransaction): void {
    const { request } = server;
    const user = this.#table.dialog(keyOfRequest(request));
    if (user !== undefined) user.receive(server);
    else if (request.method === 'INVITE') this.#receiveInvite(server);
    else if (this.#handler.otherRequest?.(server) !== true) {
      const { status, headers } = this.#otherAnswer(request);
      server.respond(status, { headers });
    }
  }

  ack(ack: SipRequest): void {
    this.#table.dialog(keyOfRequest(ack))?.acknowledged(ack);
  }

  strayResponse(response: SipResponse): void {
    const user = this.#table.dialog(keyOfResponse(response));
    if (user !== undefined) user.acceptedAgain(response);
    else this.#table.inviteOf(response)?.acceptedLate(response);
  }

  rejected(rejected: Rejected, flow: Flow): boolean {
    return this.#handler.rejected?.(rejected, flow) ?? true;
  }

  broken({ callId }: SipRequest | SipResponse, error: unknown): boolean {
    if (this.#handler.broken === undefined || !this.#table.abandon(callId)) return false;
    this.#handler.broken(error);
    return true;
  }

  fault(failure: TransportFailure): void {
    this.#handler.fault?.(failure);
  }

  get #ready(): AgentParts {
    if (this.#parts === undefined) throw new TypeError('no transaction layer to send by');
    return this.#parts;
  }

  #receiveInvite(server: ServerTransaction): void {
    const parts = this.#ready;
    const remoteTarget = contactUri(server.request);
    const timer = answerTimer(server.request.headers, parts.sessionTimer);
    if (this.#table.size >= this.#mostSessions) {
      server.respond(503, { headers: Headers.of({ 'Retry-After': String(SIP_LIMITS.overloadRetryAfterS) }) });
    } else if (remoteTarget === undefined) {
      server.respond(400, { reason: 'Bad Request (no contact)' });
    } else if ('status' in timer) {
      server.respond(timer.status, { headers: timer.headers });
    } else {
      const dialog = dialogOfInvite(server.request, remoteTarget, server.localTag);
      const digest = this.#handler.digestFor?.(server.request);
      this.#handler.incoming(new InboundCall(server, dialog, parts, digest));
    }
  }

  /** The answer to what begins nothing and is nobody else's: given without state, so that a flood of it fills nothing. */
  #answerAtOnce(request: SipRequest): Refusal | undefined {
    const { method, to } = request;
    if (method === 'CANCEL') return undefined;
    if (tagOf(to) !== undefined || IN_DIALOG_ONLY.has(method)) return { status: 481, headers: new Headers() };
    const refusal = refusalOf(request);
    if (refusal !== undefined || method === 'INVITE') return refusal;
    return this.#handler.otherRequest === undefined ? this.#otherAnswer(request) : undefined;
  }

  #otherAnswer({ method }: SipRequest): Refusal {
    const headers = sayAbilities(namedHeaders(this.#options.serverName, 'Server'));
    return { status: method === 'OPTIONS' ? 200 : 405, headers };
  }
}
