import type { SipMessage, SipRequest, SipResponse } from '../message/message.ts';
import type { Rejected } from '../message/outcome.ts';

/** What SIP runs over; streams are framed by Content-Length. TLS is a stream whose sockets are made otherwise. */
export type Protocol = 'UDP' | 'TCP' | 'TLS';

/** An IP address, without brackets, and a port. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** Where a request goes next: what RFC 3263 ends with. */
export interface Hop extends SocketAddress {
  readonly protocol: Protocol;
}

/** The way a message came: its answer goes back by it (RFC 3261 §18.2.2, RFC 3581). */
export interface Flow {
  readonly protocol: Protocol;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** The connection, for as long as it is open; datagrams have none. */
  readonly connection?: number | undefined;
}

/** Why a message did not leave. `detail` holds nothing of the message and no address. */
export interface TransportFailure {
  readonly cause: 'format' | 'unreachable' | 'no listener' | 'overload' | 'closed';
  readonly detail: string;
}

/** A message on its way. */
export interface Sending {
  /** The hop it takes, after a change of protocol for its size. */
  readonly hop: Hop;
  /** Whether the protocol sees to its arrival, so that nothing need be sent again. */
  readonly reliable: boolean;
  /** Sends the same bytes once more. */
  resend(): void;
}

/** Who hears what becomes of a message. Never called before the send call has returned. */
export interface SendWatcher {
  failed(failure: TransportFailure): void;
  /** It left by UDP after all, since the peer takes no TCP (§18.1.1): `Sending.reliable` is false from now on. */
  fellBack?(): void;
}

/** What the layer above is told. */
export interface TransportHandler {
  /** A request; its topmost Via says where it came from (`received`, `rport`). */
  request(request: SipRequest, flow: Flow): void;
  /** A response whose topmost Via is this end's. */
  response(response: SipResponse, flow: Flow): void;
  /** A request that could not be read; whether it is answered is decided above. */
  rejected(rejected: Rejected, flow: Flow): void;
  /** A socket broke that no single message waits for. */
  fault(failure: TransportFailure): void;
}

/**
 * Sees each message as its bytes cross the wire: what came as SIP, readable or not, and what leaves, every time that it
 * does. The bytes do not change afterwards. Must not throw.
 */
export type WireTap = (
  direction: 'in' | 'out',
  bytes: Buffer,
  flow: Flow,
  message: SipMessage | Rejected,
) => void;

/** What the layer above sends by. Nothing here throws. */
export interface Transport {
  /**
   * Sends a request (RFC 3261 §18.1.1). The topmost Via needs only its branch: transport, sent-by and `rport` are
   * filled in here. One that is too long for a datagram goes over TCP, and falls back to UDP where there is none.
   */
  sendRequest(request: SipRequest, hop: Hop, watcher: SendWatcher): Sending;
  /** Sends a response the way its request came (§18.2.2). */
  sendResponse(response: SipResponse, flow: Flow, watcher: SendWatcher): Sending;
  /** Answers a request that could not be read, where that is possible. */
  sendRejection(rejected: Rejected, flow: Flow): void;
}
