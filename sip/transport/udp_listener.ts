import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { plainAddress } from './routing.ts';
import type { SocketAddress, TransportFailure } from './transport.ts';

export interface UdpEvents {
  datagram(bytes: Buffer, remote: SocketAddress, local: SocketAddress): void;
  fault(failure: TransportFailure): void;
}

/** One UDP socket, for datagrams both ways. */
export class UdpListener {
  readonly #socket: Socket;
  readonly local: SocketAddress;

  private constructor(socket: Socket, local: SocketAddress, events: UdpEvents) {
    this.#socket = socket;
    this.local = local;
    socket.on('message', (bytes, { address, port }) =>
      events.datagram(bytes, { address: plainAddress(address), port }, local),
    );
    socket.on('error', error => events.fault({ cause: 'closed', detail: `UDP socket: ${codeOf(error)}` }));
  }

  /** Opens a socket; port 0 takes a free one. Rejects when the address cannot be bound. */
  static open({ address, port }: SocketAddress, events: UdpEvents): Promise<UdpListener> {
    const socket = createSocket(isIPv6(address) ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, address, () => {
        socket.off('error', reject);
        resolve(new UdpListener(socket, { address, port: socket.address().port }, events));
      });
    });
  }

  /** Sends one datagram; `failed` hears of it, later, when the system refuses. */
  send(bytes: Buffer, { address, port }: SocketAddress, failed: (failure: TransportFailure) => void): void {
    try {
      this.#socket.send(bytes, port, address, error => {
        if (error !== null) failed({ cause: 'unreachable', detail: codeOf(error) });
      });
    } catch (error) {
      queueMicrotask(() => failed({ cause: 'closed', detail: codeOf(error) }));
    }
  }

  close(): Promise<void> {
    return new Promise(resolve => this.#socket.close(resolve));
  }
}

/** The system's name of an error (`ECONNREFUSED`), which tells no address. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
