import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { RTP_LIMITS } from './limits.ts';
import type { PortRange } from './port_range.ts';

/** A datagram and where it came from; the bytes are the receiver's to keep. */
export type OnDatagram = (bytes: Uint8Array, host: string, port: number) => void;

export interface SocketPairOptions {
  /** Local address, never a name. */
  readonly host: string;
  readonly ports: PortRange;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly onRtp: OnDatagram;
  readonly onRtcp: OnDatagram;
}

/** Two UDP sockets of one leg: RTP on an even port, RTCP on the odd one after it (RFC 3550 §11). */
export class SocketPair {
  readonly port: number;
  readonly #options: SocketPairOptions;
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  #isOpen = true;
  #sendErrors = 0;

  private constructor(options: SocketPairOptions, port: number, rtp: Socket, rtcp: Socket) {
    this.#options = options;
    this.port = port;
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    // An unreachable far end shows here on some systems; the call ends by silence or signalling, not by this.
    for (const socket of [rtp, rtcp]) socket.on('error', this.#onSent);
    rtp.on('message', (bytes: Buffer, from: RemoteInfo) => options.onRtp(bytes, from.address, from.port));
    rtcp.on('message', (bytes: Buffer, from: RemoteInfo) => options.onRtcp(bytes, from.address, from.port));
  }

  /**
   * Binds the next free pair of the range. Undefined when no port is free, or other programs use all that were tried.
   * @throws Error as of `bind` for anything but a port in use
   */
  static async open(options: SocketPairOptions): Promise<SocketPair | undefined> {
    for (let attempt = 0; attempt < RTP_LIMITS.bindAttempts; attempt += 1) {
      const port = options.ports.take(options.now());
      if (port === undefined) return undefined;
      const pair = await bindPair(options, port);
      if (pair !== undefined) return new SocketPair(options, port, pair.rtp, pair.rtcp);
    }
    return undefined;
  }

  /** Datagrams that the system did not take. */
  get sendErrors(): number {
    return this.#sendErrors;
  }

  /** Hands `length` bytes to the system; they may be read until a few packets later. Never throws. */
  sendRtp(bytes: Uint8Array, length: number, host: string, port: number): void {
    this.#send(this.#rtp, bytes, length, host, port);
  }

  sendRtcp(bytes: Uint8Array, host: string, port: number): void {
    this.#send(this.#rtcp, bytes, bytes.length, host, port);
  }

  /** Closes both sockets and gives the ports back. Safe to call twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#rtp.close();
    this.#rtcp.close();
    this.#options.ports.giveBack(this.port, this.#options.now());
  }

  #send(socket: Socket, bytes: Uint8Array, length: number, host: string, port: number): void {
    if (!this.#isOpen || port < 1 || port > 65_535) return;
    socket.send(bytes, 0, length, port, host, this.#onSent);
  }

  readonly #onSent = (error: Error | null): void => {
    if (error !== null) this.#sendErrors += 1;
  };
}

async function bindPair(
  { host, ports, now }: SocketPairOptions,
  port: number,
): Promise<{ rtp: Socket; rtcp: Socket } | undefined> {
  const rtp = createUdp(host);
  const rtcp = createUdp(host);
  try {
    await bind(rtp, host, port);
    await bind(rtcp, host, port + 1);
    return { rtp, rtcp };
  } catch (error) {
    rtp.close();
    rtcp.close();
    ports.giveBack(port, now());
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/** Hosts are addresses here: nothing is ever looked up, which would cost each packet a turn of the event loop. */
function createUdp(host: string): Socket {
  const isV6 = isIPv6(host);
  return createSocket({
    type: isV6 ? 'udp6' : 'udp4',
    lookup: (address, _options, callback) => callback(null, address, isV6 ? 6 : 4),
  });
}

function bind(socket: Socket, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, () => {
      socket.removeListener('error', reject);
      resolve();
    });
  });
}
