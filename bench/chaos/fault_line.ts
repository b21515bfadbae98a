import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { SeededRandom } from '../caller/random.ts';
import { type Corruption, type Downstream, downstreamOf } from './corruption.ts';

/** Killed: connections break. Stalled: they take everything and say nothing more. Corrupted: what they say is spoiled. */
export type Fault =
  | { readonly kind: 'killed'; readonly isReset: boolean; readonly lasts: boolean }
  | { readonly kind: 'stalled'; readonly lasts: boolean }
  | { readonly kind: 'corrupted'; readonly corruption: Corruption; readonly lasts: boolean };

export interface FaultLineOptions {
  /** Of the server behind it, on the loopback. */
  readonly port: number;
  readonly carrier: 'webSocket' | 'events';
  readonly random: SeededRandom;
}

/** The way to a provider: passes bytes on as they are until a fault strikes; one that lasts strikes new connections too. */
export class FaultLine {
  /** Told of bytes of the client before they are passed on, and of those of the server afterwards. */
  onUp: (bytes: Buffer) => void = () => undefined;
  onDown: (bytes: Buffer) => void = () => undefined;
  readonly #options: FaultLineOptions;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #lasting: Fault | undefined;

  private constructor(options: FaultLineOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    server.on('connection', socket => this.#accept(socket));
  }

  static async open(options: FaultLineOptions): Promise<FaultLine> {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return new FaultLine(options, server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that the client has not closed. */
  get open(): number {
    return this.#links.size;
  }

  strike(fault: Fault): void {
    if (fault.lasts) this.#lasting = fault;
    for (const link of this.#links) link.strike(fault);
  }

  async close(): Promise<void> {
    for (const link of this.#links) link.end();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    const { port, carrier, random } = this.#options;
    const link: Link = new Link(client, connect(port, '127.0.0.1'), downstreamOf(carrier, random), {
      onUp: bytes => this.onUp(bytes),
      onDown: bytes => this.onDown(bytes),
      onOver: () => this.#links.delete(link),
    });
    this.#links.add(link);
    if (this.#lasting !== undefined) link.strike(this.#lasting);
  }
}

interface LinkEvents {
  onUp(bytes: Buffer): void;
  onDown(bytes: Buffer): void;
  onOver(): void;
}

/** One connection, from the client to the server behind. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #down: Downstream;
  #fault: Fault | undefined;

  constructor(client: Socket, server: Socket, down: Downstream, events: LinkEvents) {
    this.#client = client.setNoDelay();
    this.#server = server.setNoDelay();
    this.#down = down;
    client.on('data', bytes => {
      events.onUp(bytes);
      if (this.#fault?.kind !== 'stalled') server.write(bytes);
    });
    server.on('data', bytes => {
      if (this.#fault?.kind === 'stalled') return;
      const corruption = this.#fault?.kind === 'corrupted' ? this.#fault.corruption : undefined;
      client.write(down.pass(bytes, corruption));
      events.onDown(bytes);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('end', () => {
        // A stalled provider does not even say goodbye.
        if (one === client || this.#fault?.kind !== 'stalled') other.end();
      });
    }
    client.on('close', () => {
      server.destroy();
      events.onOver();
    });
    server.on('close', () => {
      if (this.#fault?.kind !== 'stalled') client.end();
    });
  }

  strike(fault: Fault): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    if (fault.kind === 'corrupted') this.#client.write(this.#down.outburst(fault.corruption));
    else if (fault.kind === 'killed') this.end(fault.isReset);
  }

  end(isReset = false): void {
    if (isReset) this.#client.resetAndDestroy();
    else this.#client.destroy();
    this.#server.destroy();
  }
}
