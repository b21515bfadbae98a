import type { RtpWire } from './rtp_session.ts';

/**
 * A datagram, where it came from, and how many milliseconds ago. The bytes are the receiver's until it returns, and what
 * comes next is written over them.
 */
export type OnDatagram = (bytes: Uint8Array, host: string, port: number, ageMs: number) => void;

export interface SocketPairOptions {
  /** Local address, never a name. */
  readonly host: string;
  /** Even: RTP's; RTCP has the odd one after it (RFC 3550 §11). */
  readonly port: number;
  readonly onRtp: OnDatagram;
  readonly onRtcp: OnDatagram;
}

/** Two UDP sockets of one leg, RTP's and RTCP's. Nothing that is sent ever throws. */
export interface RtpPair extends RtpWire {
  /** Closes both sockets. Safe to call twice. */
  close(): void;
}

/** Where legs get their sockets. */
export interface RtpSockets {
  /**
   * Binds both ports.
   * @throws Error of the system, with its code, when either can't be had: EADDRINUSE, EADDRNOTAVAIL, …
   */
  bind(options: SocketPairOptions): Promise<RtpPair>;
  /** Hands on what has come, if that is not done as it comes; to be called before each tick. */
  poll(): void;
}
