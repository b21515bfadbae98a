import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '../observe/log.ts';
import { encodeEnvelope, type Frame, FrameDecoder, readEnvelope, sendFrame } from './framing.ts';
import { Handlers } from './handlers.ts';
import type { Address, Envelope, Message, MessageOf } from './messages.ts';

/** The supervisor's end of all links: passes messages on, and tells everybody who comes and goes. */
export interface Hub {
  readonly socketPath: string;
  /** Messages addressed to the supervisor. */
  on<T extends Message['type']>(type: T, handler: (message: MessageOf<T>, from: Address) => void): void;
  send(to: Address, message: Message): void;
  broadcast(message: Message): void;
  /** The link of a role closed, whether it ended, died or misbehaved. */
  onPeerGone(handler: (peer: Address) => void): void;
  peers(): readonly Address[];
  /** Whether it has a link and has said that it does its work. */
  isReady(peer: Address): boolean;
  close(): Promise<void>;
}

interface Peer {
  readonly socket: Socket;
  readonly pid: number;
  ready: boolean;
  /** Of its messages to other roles: since the last tick, and in the tick before it. */
  passed: number;
  settled: number;
}

/** What was passed on a tick ago has left this process. */
const PASSED_EVERY_MS = 100;

/** Listens on a local socket that only this user can open. */
export async function createHub(options: { socketPath: string; log: Logger }): Promise<Hub> {
  rmSync(options.socketPath, { force: true });
  const hub = new SocketHub(options.socketPath, options.log);
  await hub.listen();
  return hub;
}

class SocketHub implements Hub {
  readonly socketPath: string;
  readonly #log: Logger;
  readonly #server: Server;
  readonly #peers = new Map<Address, Peer>();
  readonly #sockets = new Set<Socket>();
  readonly #handlers: Handlers;
  readonly #goneHandlers: ((peer: Address) => void)[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(socketPath: string, log: Logger) {
    this.socketPath = socketPath;
    this.#log = log;
    this.#handlers = new Handlers((error, type) => log.error({ err: error, type }, 'message failed'));
    this.#server = createServer(socket => this.#accept(socket));
    this.#timer = setInterval(() => this.#tellPassed(), PASSED_EVERY_MS);
    this.#timer.unref();
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.socketPath, resolve);
    });
    chmodSync(this.socketPath, 0o600);
  }

  on<T extends Message['type']>(type: T, handler: (message: MessageOf<T>, from: Address) => void): void {
    this.#handlers.on(type, handler);
  }

  onPeerGone(handler: (peer: Address) => void): void {
    this.#goneHandlers.push(handler);
  }

  send(to: Address, message: Message): void {
    const peer = this.#peers.get(to);
    if (peer !== undefined) sendFrame(peer.socket, encodeEnvelope({ from: 'supervisor', to, message }));
  }

  broadcast(message: Message): void {
    for (const address of this.#peers.keys()) this.send(address, message);
  }

  peers(): readonly Address[] {
    return [...this.#peers.keys()];
  }

  isReady(peer: Address): boolean {
    return this.#peers.get(peer)?.ready === true;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>(resolve => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const decoder = new FrameDecoder();
    let address: Address | undefined;
    socket.on('data', chunk => {
      try {
        for (const frame of decoder.push(chunk)) {
          if (address === undefined) address = this.#welcome(socket, readEnvelope(frame));
          else if (frame.from === address) this.#pass(frame);
        }
      } catch (error) {
        this.#log.error({ err: error, peer: address }, 'peer sent what no process may send');
        socket.destroy();
      }
    });
    socket.on('error', error => this.#log.warn({ err: error, peer: address }, 'peer link failed'));
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (address !== undefined) this.#farewell(address, socket);
    });
  }

  #welcome(socket: Socket, { from, message }: Envelope): Address | undefined {
    if (message.type !== 'hello' || from === 'supervisor') {
      socket.destroy();
      return undefined;
    }
    // A restarted role may be back before its old socket is seen to close.
    const former = this.#peers.get(from);
    this.#peers.set(from, { socket, pid: message.pid, ready: false, passed: 0, settled: 0 });
    if (former !== undefined) {
      former.socket.destroy();
      this.#announceGone(from);
    }
    for (const [address, peer] of this.#peers) {
      if (address === from) continue;
      this.send(from, { type: 'peerHere', peer: address, pid: peer.pid });
      this.send(address, { type: 'peerHere', peer: from, pid: message.pid });
      if (peer.ready) this.send(from, { type: 'peerReady', peer: address });
    }
    this.#handlers.dispatch({ from, to: 'supervisor', message });
    return from;
  }

  #farewell(address: Address, socket: Socket): void {
    if (this.#peers.get(address)?.socket !== socket) return;
    this.#peers.delete(address);
    this.#announceGone(address);
  }

  #announceGone(address: Address): void {
    for (const other of this.#peers.keys()) {
      if (other !== address) this.send(other, { type: 'peerGone', peer: address });
    }
    for (const handler of this.#goneHandlers) handler(address);
  }

  /** What is meant for another process is that one's to read. */
  #pass(frame: Frame): void {
    if (frame.to === 'supervisor') {
      const envelope = readEnvelope(frame);
      this.#noteReady(envelope);
      this.#handlers.dispatch(envelope);
      return;
    }
    const sender = this.#peers.get(frame.from as Address);
    if (sender !== undefined) sender.passed += 1;
    const peer = this.#peers.get(frame.to as Address);
    if (peer !== undefined) sendFrame(peer.socket, frame.bytes);
  }

  #tellPassed(): void {
    for (const [address, peer] of this.#peers) {
      if (peer.settled > 0) this.send(address, { type: 'passed', frames: peer.settled });
      peer.settled = peer.passed;
      peer.passed = 0;
    }
  }

  #noteReady({ from, message }: Envelope): void {
    const peer = this.#peers.get(from);
    if (message.type !== 'ready' || peer === undefined) return;
    peer.ready = true;
    for (const other of this.#peers.keys()) {
      if (other !== from) this.send(other, { type: 'peerReady', peer: from });
    }
  }
}
