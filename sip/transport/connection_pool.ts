import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { SIP_LIMITS } from '../limits.ts';
import type { ParseOutcome } from '../message/outcome.ts';
import { Connection, type ConnectionEvents } from './connection.ts';
import { plainAddress } from './routing.ts';
import type { Flow, Protocol, SocketAddress, TransportFailure } from './transport.ts';
import { codeOf } from './udp_listener.ts';

/** How sockets of a stream protocol are made; TLS would make them otherwise. */
export interface StreamSockets {
  readonly protocol: Exclude<Protocol, 'UDP'>;
  listen(accept: (socket: Socket) => void): Server;
  connect(remote: SocketAddress): Socket;
}

export const TCP_SOCKETS: StreamSockets = {
  protocol: 'TCP',
  listen: accept => createServer({ noDelay: true }, accept),
  connect: ({ address, port }) => connect({ host: address, port }),
};

export interface PoolEvents {
  /** `wire`: its bytes, in pieces. */
  message(outcome: ParseOutcome, flow: Flow, wire: readonly Buffer[]): void;
  fault(failure: TransportFailure): void;
  /** Whether a connection of this address is taken, before a byte is read, and each message of it; else it is closed. */
  accepts(address: string): boolean;
  /** Whether it is a peer's; strangers get few connections, and no word but answers. */
  isKnown(address: string): boolean;
}

/** Who opened a connection: this end, a peer, or somebody who is none. */
type Origin = 'outbound' | 'inbound' | 'stranger';

/**
 * All connections of one stream protocol, found again by where they lead (RFC 3261 §18.1.1), and its listening sockets.
 */
export class ConnectionPool {
  readonly #sockets: StreamSockets;
  readonly #clock: Clock;
  readonly #events: PoolEvents;
  readonly #servers: Server[] = [];
  readonly #byId = new Map<number, Connection>();
  readonly #byRemote = new Map<string, Connection>();
  readonly #inbound = new Map<string, number>();
  readonly #strangers = new Set<number>();
  #lastId = 0;

  constructor(sockets: StreamSockets, clock: Clock, events: PoolEvents) {
    this.#sockets = sockets;
    this.#clock = clock;
    this.#events = events;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Listens; port 0 takes a free one. Rejects when the address cannot be bound. */
  listen({ address, port }: SocketAddress): Promise<SocketAddress> {
    const server = this.#sockets.listen(socket => this.#accept(socket, address));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, ipv6Only: isIPv6(address) }, () => {
        server.off('error', reject);
        server.on('error', error =>
          this.#events.fault({ cause: 'closed', detail: `listening socket: ${codeOf(error)}` }),
        );
        this.#servers.push(server);
        const bound = server.address();
        resolve({ address, port: typeof bound === 'object' && bound !== null ? bound.port : port });
      });
    });
  }

  /** The connection of this number, while it can be sent by. */
  find(id: number | undefined): Connection | undefined {
    const connection = id === undefined ? undefined : this.#byId.get(id);
    return connection?.isUsable ? connection : undefined;
  }

  /**
   * The connection to an address: one that is there, or a new one, which is to be open in this time; `undefined` when
   * there are too many.
   */
  to(
    remote: SocketAddress,
    local: SocketAddress,
    connectMs: number = SIP_LIMITS.connectMs,
  ): Connection | undefined {
    const known = this.#byRemote.get(keyOf(remote));
    if (known?.isUsable) return known;
    if (this.#byId.size >= SIP_LIMITS.connections) return undefined;
    return this.#add(this.#sockets.connect(remote), remote, local, 'outbound', connectMs);
  }

  async close(): Promise<void> {
    const closed = this.#servers.map(server => new Promise(resolve => server.close(resolve)));
    for (const connection of this.#byId.values()) connection.destroy();
    await Promise.all(closed);
  }

  #accept(socket: Socket, localAddress: string): void {
    // A socket whose peer is gone already knows no address.
    const remote = { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
    const ofAddress = this.#inbound.get(remote.address) ?? 0;
    const isStranger = !this.#events.isKnown(remote.address);
    if (
      remote.address === '' ||
      this.#byId.size >= SIP_LIMITS.connections ||
      ofAddress >= SIP_LIMITS.connectionsPerAddress ||
      (isStranger && this.#strangers.size >= SIP_LIMITS.strangerConnections) ||
      !this.#events.accepts(remote.address)
    ) {
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    this.#inbound.set(remote.address, ofAddress + 1);
    const local = { address: localAddress, port: socket.localPort ?? 0 };
    this.#add(socket, remote, local, isStranger ? 'stranger' : 'inbound');
  }

  #add(
    socket: Socket,
    remote: SocketAddress,
    local: SocketAddress,
    origin: Origin,
    connectMs: number = SIP_LIMITS.connectMs,
  ): Connection {
    const id = ++this.#lastId;
    const flow: Flow = { protocol: this.#sockets.protocol, local, remote, connection: id };
    const isStranger = origin === 'stranger';
    const events: ConnectionEvents = {
      message: (outcome, wire) => {
        if (this.#events.accepts(remote.address)) this.#events.message(outcome, flow, wire);
        else connection.destroy();
      },
      closed: () => this.#remove(id, origin),
    };
    const connection = new Connection(socket, flow, this.#clock, events, { isStranger, connectMs });
    if (isStranger) this.#strangers.add(id);
    this.#byId.set(id, connection);
    this.#byRemote.set(keyOf(remote), connection);
    return connection;
  }

  #remove(id: number, origin: Origin): void {
    const connection = this.#byId.get(id);
    if (connection === undefined) return;
    const { remote } = connection.flow;
    this.#byId.delete(id);
    this.#strangers.delete(id);
    if (this.#byRemote.get(keyOf(remote)) === connection) this.#byRemote.delete(keyOf(remote));
    if (origin === 'outbound') return;
    const left = (this.#inbound.get(remote.address) ?? 1) - 1;
    if (left > 0) this.#inbound.set(remote.address, left);
    else this.#inbound.delete(remote.address);
  }
}

function keyOf({ address, port }: SocketAddress): string {
  return `${address} ${port}`;
}
