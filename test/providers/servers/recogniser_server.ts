import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FaultPoint, ScriptCue, ScriptedWord, SpeechFault } from './scripted_words.ts';

/** A refusal of a handshake. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
}

/** One connection's side of a provider's protocol. */
export interface RecogniserPeer {
  /** The connection is there. */
  opened(): void;
  audio(bytes: Buffer): void;
  text(text: string): void;
}

/** What a protocol does with a connection; everything it says goes through the script's delays and faults. */
export interface RecogniserWire {
  readonly index: number;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Sends a message after so many milliseconds, never before what was sent earlier. */
  send(message: unknown, afterMs?: number): void;
  /** Closes after all that is still to be sent. */
  close(code?: number, reason?: string): void;
  /** True when the fault of this point has taken over: nothing more is to be said. */
  strikes(at: FaultPoint): boolean;
  /** Of the next utterance; undefined while that can't be told from so much of it. */
  script(head: Int16Array): readonly ScriptedWord[] | undefined;
  readonly endsBySilence: boolean;
  /** Whether nobody is to be heard in this sound. */
  isSilence(bytes: Buffer): boolean;
  finalDelayMs(): number;
  partialDelayMs(): number;
}

export interface RecogniserRequest {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * What the servers of all streaming recognisers have in common: a socket on the loopback, a script, and faults. The wire
 * protocols are in files of their own, written from their providers' documentation.
 */
export abstract class RecogniserServer {
  /** Words of the utterance that begins; none are heard unless set. Without an answer it is asked again with more sound. */
  script: (cue: ScriptCue) => readonly ScriptedWord[] | undefined = () => [];
  /** Of the connection, which counts from 0. */
  fault: (connection: number) => SpeechFault | undefined = () => undefined;
  finalDelayMs: () => number = () => 0;
  partialDelayMs: () => number = () => 0;
  /** Samples of up to this size are silence between utterances; where it is not 0, silence ends them too if a client asks. */
  silencePeak = 0;
  /** Without a message for so long, the server closes a connection. */
  idleMs = 10_000;
  /** Sample rates that are served. */
  rates: readonly number[] = [8000, 16_000];
  /** Handshakes, those that were refused too. */
  readonly requests: RecogniserRequest[] = [];
  /** Text messages of clients. */
  readonly texts: string[] = [];
  audioBytes = 0;
  utterances = 0;
  readonly #http = createServer();
  readonly #sockets = new Set<Socket>();
  readonly #wires = new Set<Wire>();

  protected abstract readonly path: string;
  /** What the service refuses before there is a connection. */
  protected abstract check(query: URLSearchParams, headers: IncomingHttpHeaders): Refusal | undefined;
  protected abstract accept(wire: RecogniserWire): RecogniserPeer;
  /** The service's goodbye to a client that says nothing. */
  protected abstract readonly idleClose: { readonly code: number; readonly reason: string };

  async start(): Promise<this> {
    const sockets = new WebSocketServer({ noServer: true, autoPong: false, perMessageDeflate: false });
    this.#http.on('connection', socket => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    });
    this.#http.on('upgrade', (request, socket, head) =>
      this.#upgrade(sockets, request, socket as Socket, head),
    );
    await new Promise<void>(resolve => this.#http.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}${this.path}`;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Resets every connection. */
  killAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const wire of this.#wires) wire.end();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise(resolve => this.#http.close(resolve));
  }

  #upgrade(sockets: WebSocketServer, request: IncomingMessage, socket: Socket, head: Buffer): void {
    const index = this.requests.length;
    const { url = '/', headers } = request;
    this.requests.push({ url, headers });
    const fault = this.fault(index);
    if (fault?.type === 'noHandshake') return;
    const { pathname, searchParams } = new URL(url, 'ws://localhost');
    const refusal =
      fault?.type === 'status'
        ? { status: fault.status, body: '{}' }
        : pathname === this.path
          ? this.check(searchParams, headers)
          : { status: 404, body: '{}' };
    if (refusal !== undefined) {
      const told = Object.entries(fault?.type === 'status' ? (fault.headers ?? {}) : {});
      const lines = told.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      const length = Buffer.byteLength(refusal.body);
      socket.end(
        `HTTP/1.1 ${refusal.status} Refused\r\n${lines}Content-Length: ${length}\r\n\r\n${refusal.body}`,
      );
      return;
    }
    sockets.handleUpgrade(request, socket, head, webSocket => {
      const wire = new Wire(this, webSocket, socket, index, searchParams, headers, fault);
      this.#wires.add(wire);
      webSocket.on('close', () => {
        wire.end();
        this.#wires.delete(wire);
      });
      wire.serve(this.accept(wire), this.idleClose);
    });
  }
}

class Wire implements RecogniserWire {
  readonly index: number;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly #server: RecogniserServer;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #fault: SpeechFault | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();
  #idle: NodeJS.Timeout | undefined;
  #lastDueMs = 0;
  #isSilent = false;
  #isMute = false;
  #isStruck = false;

  constructor(
    server: RecogniserServer,
    webSocket: WebSocket,
    socket: Socket,
    index: number,
    query: URLSearchParams,
    headers: IncomingHttpHeaders,
    fault: SpeechFault | undefined,
  ) {
    this.#server = server;
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.index = index;
    this.query = query;
    this.headers = headers;
    this.#fault = fault;
  }

  serve(peer: RecogniserPeer, idleClose: { readonly code: number; readonly reason: string }): void {
    const awake = (): void => {
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => this.close(idleClose.code, idleClose.reason), this.#server.idleMs);
    };
    this.#webSocket.on('error', () => {});
    this.#webSocket.on('ping', data => {
      if (!this.#isMute) this.#webSocket.pong(data);
    });
    this.#webSocket.on('message', (data, isBinary) => {
      awake();
      const bytes = data as Buffer;
      if (isBinary) {
        this.#server.audioBytes += bytes.length;
        peer.audio(bytes);
      } else {
        this.#server.texts.push(bytes.toString('utf8'));
        peer.text(bytes.toString('utf8'));
      }
    });
    awake();
    peer.opened();
  }

  send(message: unknown, afterMs = 0): void {
    if (this.#isSilent) return;
    let text = JSON.stringify(message);
    const isCut = this.#fault?.type === 'truncate' && text.length > 200;
    if (isCut) text = text.slice(0, text.length / 2);
    this.#later(afterMs, () => this.#webSocket.send(text));
  }

  close(code?: number, reason?: string): void {
    if (this.#isSilent) return;
    this.#later(0, () => this.#webSocket.close(code, reason));
  }

  strikes(at: FaultPoint): boolean {
    const fault = this.#fault;
    if (this.#isStruck || fault === undefined || !('at' in fault) || fault.at !== at) return this.#isSilent;
    this.#isStruck = true;
    if (fault.type === 'text') this.#webSocket.send(fault.text);
    else if (fault.type === 'bytes') this.#webSocket.send(fault.bytes);
    else if (fault.type === 'kill') this.#socket.resetAndDestroy();
    else if (fault.type === 'close') this.#webSocket.close(fault.code, fault.reason);
    else this.#isMute = fault.type === 'mute';
    this.#isSilent = true;
    return true;
  }

  script(head: Int16Array): readonly ScriptedWord[] | undefined {
    return this.#server.script({ order: this.#server.utterances++, connection: this.index, head });
  }

  get endsBySilence(): boolean {
    return this.#server.silencePeak > 0;
  }

  isSilence(bytes: Buffer): boolean {
    const { silencePeak } = this.#server;
    if (silencePeak === 0) return bytes.every(byte => byte === 0);
    for (let at = 0; at + 1 < bytes.length; at += 2) {
      if (Math.abs(bytes.readInt16LE(at)) > silencePeak) return false;
    }
    return true;
  }

  finalDelayMs(): number {
    return this.#server.finalDelayMs();
  }

  partialDelayMs(): number {
    return this.#server.partialDelayMs();
  }

  end(): void {
    clearTimeout(this.#idle);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #later(afterMs: number, action: () => void): void {
    const nowMs = performance.now();
    this.#lastDueMs = Math.max(this.#lastDueMs, nowMs + afterMs);
    // Timers of one length fire in order; what is late already goes at once, as long as nothing waits.
    if (this.#lastDueMs <= nowMs && this.#timers.size === 0) {
      action();
      return;
    }
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (!this.#isMute && this.#webSocket.readyState === this.#webSocket.OPEN) action();
      },
      Math.ceil(this.#lastDueMs - nowMs),
    );
    this.#timers.add(timer);
  }
}
