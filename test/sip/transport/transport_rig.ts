import { createSocket } from 'node:dgram';
import { createConnection, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';
import type { SipRequest, SipResponse } from '../../../sip/message/message.ts';
import type { Rejected } from '../../../sip/message/outcome.ts';
import type { Flow, SendWatcher, TransportFailure } from '../../../sip/transport/transport.ts';
import { TransportLayer, type TransportOptions } from '../../../sip/transport/transport_layer.ts';

/** What arrives, in order, for tests that wait for the next. */
export class Inbox<Item> {
  readonly #items: Item[] = [];
  readonly #readers: ((item: Item) => void)[] = [];

  put(item: Item): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#items.push(item);
    else reader(item);
  }

  next(): Promise<Item> {
    const item = this.#items.shift();
    return item === undefined ? new Promise(resolve => this.#readers.push(resolve)) : Promise.resolve(item);
  }

  get length(): number {
    return this.#items.length;
  }
}

/** A transport with everything that it tells put into inboxes. */
export class Rig {
  readonly requests = new Inbox<{ request: SipRequest; flow: Flow }>();
  readonly responses = new Inbox<{ response: SipResponse; flow: Flow }>();
  readonly rejected = new Inbox<{ rejected: Rejected; flow: Flow }>();
  readonly failures = new Inbox<TransportFailure>();
  readonly transport: TransportLayer;
  fallbacks = 0;
  readonly watcher: SendWatcher = {
    failed: failure => this.failures.put(failure),
    fellBack: () => this.fallbacks++,
  };

  constructor(t: Test, options: Omit<TransportOptions, 'handler'> = {}) {
    this.transport = new TransportLayer({
      ...options,
      handler: {
        request: (request, flow) => this.requests.put({ request, flow }),
        response: (response, flow) => this.responses.put({ response, flow }),
        rejected: (rejected, flow) => this.rejected.put({ rejected, flow }),
        fault: failure => this.failures.put(failure),
      },
    });
    t.teardown(() => this.transport.close());
  }

  /** Listens on a free port of the loopback. */
  async listen(protocol: 'UDP' | 'TCP', address = '127.0.0.1', port = 0): Promise<number> {
    return (await this.transport.listen({ protocol, address, port })).port;
  }
}

/** A bare UDP socket: sends anything, keeps what comes. */
export async function bareUdp(
  t: Test,
): Promise<{ port: number; inbox: Inbox<string>; send(bytes: string | Buffer, port: number): void }> {
  const socket = createSocket('udp4');
  const inbox = new Inbox<string>();
  socket.on('message', bytes => inbox.put(bytes.toString()));
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise<void>(resolve => socket.close(() => resolve())));
  return { port: socket.address().port, inbox, send: (bytes, port) => socket.send(bytes, port, '127.0.0.1') };
}

/** A bare TCP connection; `closed` resolves when the other end is done with it. */
export async function bareTcp(
  t: Test,
  port: number,
): Promise<{ socket: Socket; inbox: Inbox<string>; closed: Promise<void> }> {
  const socket = createConnection(port, '127.0.0.1');
  const inbox = new Inbox<string>();
  socket.on('data', bytes => inbox.put(bytes.toString()));
  socket.on('error', () => undefined);
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
  await new Promise<void>(resolve => socket.once('connect', () => resolve()));
  t.teardown(() => socket.destroy());
  return { socket, inbox, closed };
}

/** A port of the loopback that is free for UDP and for TCP. */
export async function portForBoth(): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const socket = createSocket('udp4');
    const isFree = await new Promise<boolean>(resolve => {
      socket.once('error', () => resolve(false));
      socket.bind(port, '127.0.0.1', () => resolve(true));
    });
    socket.close();
    await new Promise(resolve => server.close(resolve));
    if (isFree) return port;
  }
}
