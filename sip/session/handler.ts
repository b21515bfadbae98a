import type { Clock } from '../clock.ts';
import type { DigestClient } from '../digest/client.ts';
import type { SipRequest } from '../message/message.ts';
import type { Rejected } from '../message/outcome.ts';
import type { Refusal } from '../message/screen.ts';
import type { ServerTransaction } from '../transaction/server_transaction.ts';
import type { Flow, Protocol, SocketAddress, TransportFailure } from '../transport/transport.ts';
import type { InboundSession } from './session.ts';

/** What stands above a user agent. */
export interface UserAgentHandler {
  /** Asked before anything is kept or said about a request outside of known dialogs; all are let in without it. */
  admit?(request: SipRequest, flow: Flow): Refusal | 'silence' | undefined;
  /** What answers challenges to our requests in the dialog of this INVITE; none are answered without it. */
  digestFor?(invite: SipRequest): DigestClient | undefined;
  /** Somebody calls. The session must be answered, rejected or redirected, now or later. */
  incoming(session: InboundSession): void;
  /**
   * A request that belongs to no dialog and is no INVITE: takes it and answers it now or later, or returns false; then
   * OPTIONS is answered with what this end can do, all else with 405.
   */
  otherRequest?(server: ServerTransaction): boolean;
  /** A request that could not be read; whether its sender is told. All are told without it. */
  rejected?(rejected: Rejected, flow: Flow): boolean;
  /**
   * The work on a message of a session threw, and that session was ended by `error`: its state can't be relied on any
   * more, that of the others can. Thrown on to the transport without it.
   */
  broken?(error: unknown): void;
  /** A socket broke that no single message waits for. */
  fault?(failure: TransportFailure): void;
}

/** Between which addresses messages go; `local` where it is known, that of what came in. */
export interface Path {
  readonly protocol: Protocol;
  readonly remote: SocketAddress;
  readonly local?: SocketAddress;
}

/** RFC 4028: how long a session lasts without a refresh, and the least that is agreed to. */
export interface SessionTimerOptions {
  readonly expiresS: number;
  readonly minSeS: number;
}

export interface UserAgentOptions {
  readonly handler: UserAgentHandler;
  /** Host and port that peers on this path reach this end at; goes into Contact. */
  readonly contactOf: (path: Path) => { readonly host: string; readonly port?: number };
  readonly clock?: Clock;
  /** 1800 and 90 when left out (RFC 4028 §4, §5). */
  readonly sessionTimer?: SessionTimerOptions;
  /** Server header of responses and User-Agent of requests; none when left out. */
  readonly serverName?: string;
  /** In [0, 1): the waits of §14.1 and §14.2. For tests. */
  readonly random?: () => number;
  readonly limits?: Partial<UserAgentLimits>;
}

interface UserAgentLimits {
  /** Sessions at once, those included that have ended and still wait for their last messages; a further INVITE gets 503. */
  readonly sessions: number;
}
