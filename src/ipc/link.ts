import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../config/limits.ts';
import type { Logger } from '../observe/log.ts';
import { encodeEnvelope, type Frame, FrameDecoder, readEnvelope, sendFrame } from './framing.ts';
import { Handlers } from './handlers.ts';
import { KeptFrames } from './kept_frames.ts';
import type { Address, Envelope, Message, MessageOf } from './messages.ts';

/** A role's end of its connection to the hub, through which it reaches every other process of the node. */
export interface Link {
  readonly address: Address;
  /**
   * Never waits; messages to a process that is away are dropped, and `peerGone` tells of it. While the hub is away they are
   * kept, and reach those who come back to the next one, each once and in order.
   */
  send(to: Address, message: Message): void;
  on<T extends Message['type']>(type: T, handler: (message: MessageOf<T>, from: Address) => void): void;
  /** The threads of this role that hang, for the answer to a `ping`; without it all of them are taken to go on. */
  reportHung(look: () => readonly string[]): void;
  /** Called once when the hub stays away for longer than the reconnect time. */
  onLost(handler: () => void): void;
  close(): Promise<void>;
}

const RETRY_MS = 250;

interface LinkOptions {
  readonly address: Address;
  readonly socketPath: string;
  readonly log: Logger;
  readonly reconnectMs?: number;
}

/**
 * Connects a role to the hub and keeps it connected.
 * @throws the socket's error when the first connection fails
 */
export async function connectLink(options: LinkOptions): Promise<Link> {
  const link = new HubLink(options);
  await link.open();
  return link;
}

class HubLink implements Link {
  readonly address: Address;
  readonly #options: LinkOptions;
  readonly #handlers: Handlers;
  #socket: Socket | undefined;
  #lastReady: Message | undefined;
  #closing = false;
  #onLost: () => void = () => {};
  #hungThreads: () => readonly string[] = () => [];
  readonly #kept = new KeptFrames();
  /** Of messages to other roles. */
  #number = 0;
  /** Who is at the hub, or was at the last one. */
  readonly #pids = new Map<Address, number>();
  /** The last message of each, by the process that sent it. */
  readonly #heard = new Map<string, { readonly pid: number | undefined; readonly number: number }>();

  constructor(options: LinkOptions) {
    this.#options = options;
    this.address = options.address;
    this.#handlers = new Handlers((error, type) => options.log.error({ err: error, type }, 'message failed'));
    this.on('passed', ({ frames }) => this.#kept.passed(frames));
    this.on('peerGone', ({ peer }) => {
      this.#pids.delete(peer);
      this.#kept.gone(peer);
    });
    this.on('peerHere', ({ peer, pid }) => this.#greet(peer, pid));
    this.on('ping', (_, from) => this.send(from, { type: 'pong', hung: [...this.#hungThreads()] }));
  }

  on<T extends Message['type']>(type: T, handler: (message: MessageOf<T>, from: Address) => void): void {
    this.#handlers.on(type, handler);
  }

  reportHung(look: () => readonly string[]): void {
    this.#hungThreads = look;
  }

  onLost(handler: () => void): void {
    this.#onLost = handler;
  }

  send(to: Address, message: Message): void {
    // A hub that was restarted has to learn again that this role is ready.
    if (message.type === 'ready') this.#lastReady = message;
    if (to !== 'supervisor') this.#sendKept(to, message);
    else if (this.#socket !== undefined)
      sendFrame(this.#socket, encodeEnvelope({ from: this.address, to, message }));
  }

  #sendKept(to: Address, message: Message): void {
    this.#number += 1;
    const bytes = encodeEnvelope({ from: this.address, to, message }, this.#number);
    const held = this.#kept.holdBack(to, bytes);
    if (held === 'full') this.#options.log.error({ to, type: message.type }, 'no room to keep a message');
    if (held === false) this.#sendNow(to, bytes);
  }

  #sendNow(to: Address, bytes: Buffer): void {
    if (this.#socket === undefined) return;
    this.#kept.sent(to, bytes);
    sendFrame(this.#socket, bytes);
  }

  /** One that has another process than before has died while there was no hub to tell of it. */
  #greet(peer: Address, pid: number): void {
    const before = this.#pids.get(peer);
    if (before !== undefined && before !== pid)
      this.#handlers.dispatch({
        from: 'supervisor',
        to: this.address,
        message: { type: 'peerGone', peer },
      });
    this.#pids.set(peer, pid);
    for (const bytes of this.#kept.here(peer)) this.#sendNow(peer, bytes);
  }

  async open(): Promise<void> {
    const socket = connect(this.#options.socketPath);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    this.#socket = socket;
    const decoder = new FrameDecoder();
    socket.on('data', chunk => this.#receive(socket, decoder, chunk));
    socket.on('error', error => this.#options.log.warn({ err: error }, 'link failed'));
    socket.on('close', () => void this.#reconnect(socket));
    this.send('supervisor', { type: 'hello', from: this.address, pid: process.pid });
    if (this.#lastReady !== undefined) this.send('supervisor', this.#lastReady);
  }

  async close(): Promise<void> {
    this.#closing = true;
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return;
    await new Promise<void>(resolve => {
      socket.once('close', () => resolve());
      socket.end();
      setTimeout(() => socket.destroy(), 1000).unref();
    });
  }

  #receive(socket: Socket, decoder: FrameDecoder, chunk: Buffer): void {
    try {
      for (const frame of decoder.push(chunk)) if (!this.#isRepeated(frame)) this.#read(frame);
    } catch (error) {
      this.#options.log.error({ err: error }, 'link carried what it may not');
      socket.destroy();
    }
  }

  /** What was under way when a hub was lost may come by the next one, too. */
  #isRepeated({ from, number }: Frame): boolean {
    if (number === 0) return false;
    const pid = this.#pids.get(from as Address);
    const last = this.#heard.get(from);
    if (last !== undefined && last.pid === pid && number <= last.number) return true;
    this.#heard.set(from, { pid, number });
    return false;
  }

  /** The hub has not looked inside: what one process sends in error costs others no link. */
  #read(frame: Frame): void {
    let envelope: Envelope;
    try {
      envelope = readEnvelope(frame);
    } catch (error) {
      const { from } = frame;
      this.#options.log.error({ err: error, from: from.slice(0, 64) }, 'peer sent what no process may send');
      return;
    }
    this.#handlers.dispatch(envelope);
  }

  async #reconnect(socket: Socket): Promise<void> {
    if (this.#closing || this.#socket !== socket) return;
    this.#socket = undefined;
    this.#kept.hubGone();
    const giveUpAt = performance.now() + (this.#options.reconnectMs ?? LIMITS.ipcReconnectMs);
    while (!this.#closing && performance.now() < giveUpAt) {
      try {
        await this.open();
        return;
      } catch {
        await sleep(RETRY_MS);
      }
    }
    if (!this.#closing) this.#onLost();
  }
}
