import { createSocket, type Socket } from 'node:dgram';
import type { Test } from 'tap';
import { parseDatagram } from '../../../sip/message/parse.ts';

/** `hold`: until the next datagram has gone the other way. */
export type Fate = 'pass' | 'lose' | 'copy' | 'hold';

/** What becomes of a message; `nth` counts those of its kind (`INVITE`, `200 INVITE`) from 1. */
export type Weather = (kind: string, nth: number) => Fate;

interface Side {
  port: number;
  readonly held: Buffer[];
}

/** A wire between a judge and the phone, by UDP: what the weather does to messages is decided one by one. */
export class Wire {
  readonly port: number;
  readonly #socket: Socket;
  readonly #weather: Weather;
  readonly #phone: Side;
  /** Heard from first. */
  readonly #judge: Side = { port: 0, held: [] };
  readonly #counts = new Map<string, number>();

  private constructor(socket: Socket, phonePort: number, weather: Weather) {
    this.port = socket.address().port;
    this.#socket = socket;
    this.#weather = weather;
    this.#phone = { port: phonePort, held: [] };
    socket.on('message', (bytes, { port }) => this.#receive(bytes, port));
  }

  static async open(t: Test, phonePort: number, weather: Weather): Promise<Wire> {
    const socket = createSocket('udp4');
    await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
    t.teardown(() => new Promise<void>(resolve => socket.close(() => resolve())));
    return new Wire(socket, phonePort, weather);
  }

  /** How many messages of this kind came, lost or not. */
  count(kind: string): number {
    return this.#counts.get(kind) ?? 0;
  }

  #receive(bytes: Buffer, from: number): void {
    if (from !== this.#phone.port) this.#judge.port = from;
    const [here, there] = from === this.#phone.port ? [this.#phone, this.#judge] : [this.#judge, this.#phone];
    const fate = this.#fateOf(bytes);
    if (fate === 'lose') return;
    if (fate === 'hold') {
      there.held.push(bytes);
      return;
    }
    this.#send(bytes, there);
    if (fate === 'copy') this.#send(bytes, there);
    // What was held on its way to this side comes after.
    for (const held of here.held.splice(0)) this.#send(held, here);
  }

  #send(bytes: Buffer, { port }: Side): void {
    this.#socket.send(bytes, port, '127.0.0.1');
  }

  #fateOf(bytes: Buffer): Fate {
    const parsed = parseDatagram(bytes);
    if (parsed.outcome !== 'message') return 'pass';
    const { message } = parsed;
    const kind = message.kind === 'request' ? message.method : `${message.status} ${message.cseq.method}`;
    const nth = this.count(kind) + 1;
    this.#counts.set(kind, nth);
    return this.#weather(kind, nth);
  }
}
