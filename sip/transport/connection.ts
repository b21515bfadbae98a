import type { Socket } from 'node:net';
import type { Alarm, Clock } from '../clock.ts';
import { SIP_LIMITS } from '../limits.ts';
import type { ParseOutcome } from '../message/outcome.ts';
import { StreamFramer } from './stream_framer.ts';
import type { Flow, TransportFailure } from './transport.ts';
import { codeOf } from './udp_listener.ts';

export interface ConnectionEvents {
  /** `wire`: its bytes, in pieces. */
  message(outcome: ParseOutcome, wire: readonly Buffer[]): void;
  /** Called once, whoever ended it. */
  closed(connection: Connection): void;
}

export interface ConnectionOptions {
  /** The peer is told nothing but answers. */
  readonly isStranger: boolean;
  /** Until one that is being opened counts as failed. */
  readonly connectMs: number;
}

interface Unsent {
  readonly bytes: Buffer;
  readonly failed: (failure: TransportFailure) => void;
}

/**
 * One connection, in either direction: cut into messages, kept alive, and ended when it idles, drips a message too
 * slowly, cannot be framed, or does not read what it is sent.
 *
 *     opening ──connect──▶ open ──idle · slow · lost · full · peer──▶ closed
 *        └────refused · too slow──────────────────────────────────────▶
 */
export class Connection {
  readonly flow: Flow;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  readonly #framer: StreamFramer;
  readonly #isStranger: boolean;
  #unsent: Unsent[] | undefined;
  #idle: Alarm;
  #arrival: Alarm | undefined;
  #activeMs: number;
  /** Whether it is ours, or a message came by it: keep-alives hold it from then on. */
  #isWelcome: boolean;
  #pongs = 0;
  #ending = false;
  #closed = false;

  constructor(
    socket: Socket,
    flow: Flow,
    clock: Clock,
    events: ConnectionEvents,
    { isStranger, connectMs }: ConnectionOptions,
  ) {
    this.#socket = socket;
    this.flow = flow;
    this.#clock = clock;
    this.#events = events;
    this.#isStranger = isStranger;
    this.#isWelcome = socket.connecting;
    this.#activeMs = clock.nowMs();
    this.#unsent = socket.connecting ? [] : undefined;
    // Who connects and says nothing keeps no place.
    if (!socket.connecting) this.#startArrival();
    this.#idle = clock.after(socket.connecting ? connectMs : SIP_LIMITS.connectionIdleMs, () =>
      this.#checkIdle(),
    );
    this.#framer = new StreamFramer({
      message: (outcome, wire) => this.#onMessage(outcome, wire),
      keepAlive: () => this.#pong(),
      // What the layer above answered to the unreadable message still leaves.
      lost: () => this.end(),
    });
    socket.setNoDelay(true);
    socket.on('connect', () => this.#onConnect());
    socket.on('data', chunk => this.#onData(chunk));
    socket.on('error', error => this.#close(codeOf(error)));
    socket.on('close', () => this.#close('closed by the peer'));
  }

  /** Whether new messages can still leave by it. */
  get isUsable(): boolean {
    return !this.#closed && !this.#ending;
  }

  /** Sends bytes now, or once connected; `failed` hears of it, later, when they do not leave. */
  send(bytes: Buffer, failed: (failure: TransportFailure) => void): void {
    if (!this.isUsable) {
      queueMicrotask(() => failed({ cause: 'closed', detail: 'the connection is closed' }));
    } else if (this.#unsent !== undefined) {
      this.#unsent.push({ bytes, failed });
    } else {
      this.#write(bytes, failed);
    }
  }

  /** Closes after what was sent has left; cut off when that takes longer than a message may. */
  end(): void {
    if (!this.isUsable) return;
    this.#ending = true;
    this.#socket.end();
    this.#idle.cancel();
    this.#idle = this.#clock.after(SIP_LIMITS.messageArrivalMs, () => this.#close('too slow to close'));
  }

  /** Closes at once. */
  destroy(): void {
    this.#close('closed here');
  }

  #write(bytes: Buffer, failed: (failure: TransportFailure) => void): void {
    this.#activeMs = this.#clock.nowMs();
    this.#socket.write(bytes, error => {
      if (error) failed({ cause: 'closed', detail: codeOf(error) });
    });
    if (this.#socket.writableLength > SIP_LIMITS.connectionQueuedBytes) this.#close('the peer does not read');
  }

  #onConnect(): void {
    const unsent = this.#unsent ?? [];
    this.#unsent = undefined;
    this.#idle.cancel();
    this.#idle = this.#clock.after(SIP_LIMITS.connectionIdleMs, () => this.#checkIdle());
    for (const { bytes, failed } of unsent) this.#write(bytes, failed);
  }

  #onData(chunk: Buffer): void {
    this.#activeMs = this.#clock.nowMs();
    this.#framer.push(chunk);
    // A message that has begun must end in time, at whatever pace its bytes come.
    if (this.#framer.isInMessage) this.#startArrival();
    else if (this.#isWelcome) this.#stopArrival();
  }

  #onMessage(outcome: ParseOutcome, wire: readonly Buffer[]): void {
    this.#stopArrival();
    this.#isWelcome = true;
    this.#pongs = 0;
    this.#events.message(outcome, wire);
  }

  #startArrival(): void {
    this.#arrival ??= this.#clock.after(SIP_LIMITS.messageArrivalMs, () => this.#close('a message too slow'));
  }

  #stopArrival(): void {
    this.#arrival?.cancel();
    this.#arrival = undefined;
  }

  #pong(): void {
    if (!this.isUsable || this.#isStranger || !this.#isWelcome) return;
    if (++this.#pongs > SIP_LIMITS.keepAlivesAnswered) return;
    this.#write(Buffer.from('\r\n'), () => undefined);
  }

  #checkIdle(): void {
    const idleMs = this.#clock.nowMs() - this.#activeMs;
    if (this.#unsent !== undefined) this.#close('too slow to connect');
    else if (idleMs >= SIP_LIMITS.connectionIdleMs) this.#close('idle');
    else this.#idle = this.#clock.after(SIP_LIMITS.connectionIdleMs - idleMs, () => this.#checkIdle());
  }

  #close(detail: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#framer.stop();
    this.#idle.cancel();
    this.#stopArrival();
    this.#socket.destroy();
    const unsent = this.#unsent ?? [];
    this.#unsent = undefined;
    this.#events.closed(this);
    for (const { failed } of unsent) queueMicrotask(() => failed({ cause: 'unreachable', detail }));
  }
}
