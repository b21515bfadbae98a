import { type ClientOptions, type RawData, WebSocket } from 'ws';
import { LIMITS } from '../config/limits.ts';
import { type FaultKind, faultOfStatus, ProviderFault, retryAfterMs } from './provider_fault.ts';

export interface ProviderSocketOptions {
  /** Provider's name, for errors. */
  readonly name: string;
  readonly code: 'STT_FAILED' | 'LLM_FAILED' | 'TTS_FAILED';
  readonly url: string;
  /** Keys go here, never into the URL, which proxies write down. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
  /** The connection is there. */
  readonly onOpen?: () => void;
  /** A text frame. */
  readonly onText: (text: string) => void;
  /** A binary frame; may be kept. */
  readonly onBytes?: (bytes: Buffer) => void;
  /** The connection is gone, told once: by a fault, or without one after `close`. */
  readonly onEnd: (fault: ProviderFault | undefined) => void;
}

/**
 * One WebSocket (RFC 6455) to a provider. It fails rather than waits: a handshake, a peer that no longer answers pings and
 * a peer that takes no more all have their limit, and each ends in one fault.
 */
export class ProviderSocket {
  readonly #options: ProviderSocketOptions;
  readonly #socket: WebSocket;
  readonly #openedAt = performance.now();
  #waiting: (string | Uint8Array)[] = [];
  #waitingBytes = 0;
  #lastBytesAt = performance.now();
  #pinged = false;
  #pings: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: ProviderSocketOptions) {
    this.#options = options;
    const settings: ClientOptions = {
      headers: options.headers ?? {},
      handshakeTimeout: LIMITS.providerConnectMs,
      maxPayload: LIMITS.providerMessageBytes,
      perMessageDeflate: false,
      followRedirects: false,
    };
    const socket = new WebSocket(options.url, [...(options.protocols ?? [])], settings);
    this.#socket = socket;
    socket.on('open', () => this.#opened());
    socket.on('message', (data, isBinary) => this.#received(data, isBinary));
    socket.on('pong', () => this.#alive());
    socket.on('ping', () => this.#alive());
    socket.on('unexpected-response', (request, response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      request.destroy();
      const after = retryAfterMs(response.headers['retry-after'], Date.now());
      this.#fail(faultOfStatus(status), `answered ${status} to the handshake`, after);
    });
    socket.on('error', error => this.#fail('unavailable', describeError(error)));
    socket.on('close', code => this.#fail('unavailable', `closed the connection (${code})`));
  }

  get isOpen(): boolean {
    return !this.#isOver && this.#socket.readyState === WebSocket.OPEN;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Milliseconds since anything came from the far end; since the beginning, where nothing has. */
  get silentForMs(): number {
    return performance.now() - this.#lastBytesAt;
  }

  get ageMs(): number {
    return performance.now() - this.#openedAt;
  }

  /** Sends text or bytes in order, once the connection is there. Never waits; too much waiting is a fault. */
  send(data: string | Uint8Array): void {
    if (this.#isOver) return;
    if (this.isOpen) this.#socket.send(data);
    else this.#keep(data);
    if (this.#waitingBytes + this.#socket.bufferedAmount > LIMITS.providerQueuedBytes)
      this.#fail('timeout', 'takes no more');
  }

  sendJson(message: unknown): void {
    this.send(JSON.stringify(message));
  }

  /** Ends it in order; `onEnd` is told without a fault. Safe at any time. */
  close(): void {
    this.#end(undefined);
  }

  /** Ends it since what came makes no sense, or did not come; safe at any time. */
  fail(kind: FaultKind, what: string): void {
    this.#fail(kind, what);
  }

  #keep(data: string | Uint8Array): void {
    // Bytes may be a view of a buffer that the caller writes again.
    this.#waiting.push(typeof data === 'string' ? data : data.slice());
    this.#waitingBytes += data.length;
  }

  #opened(): void {
    if (this.#isOver) return;
    this.#alive();
    for (const data of this.#waiting) this.#socket.send(data);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#pings = setInterval(() => this.#ping(), LIMITS.providerPingMs);
    this.#pings.unref();
    this.#options.onOpen?.();
  }

  #ping(): void {
    if (this.#pinged) this.#fail('timeout', `no sign of life for ${LIMITS.providerPingMs} ms`);
    else {
      this.#pinged = true;
      this.#socket.ping();
    }
  }

  #alive(): void {
    this.#pinged = false;
    this.#lastBytesAt = performance.now();
  }

  #received(data: RawData, isBinary: boolean): void {
    if (this.#isOver) return;
    this.#alive();
    const bytes = Buffer.isBuffer(data)
      ? data
      : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    try {
      if (!isBinary) this.#options.onText(bytes.toString('utf8'));
      else if (this.#options.onBytes === undefined) this.#fail('protocol', 'sent bytes where none are due');
      else this.#options.onBytes(bytes);
    } catch (error) {
      if (error instanceof ProviderFault) this.#end(error);
      else this.#fail('protocol', 'sent what makes no sense', undefined, error);
    }
  }

  #fail(kind: FaultKind, what: string, retryAfter?: number, cause?: unknown): void {
    const { name, code } = this.#options;
    this.#end(new ProviderFault(code, kind, `${name} ${what}`, { retryAfterMs: retryAfter, cause }));
  }

  #end(fault: ProviderFault | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#pings);
    this.#waiting = [];
    const socket = this.#socket;
    if (fault === undefined && socket.readyState === WebSocket.OPEN) {
      socket.close(1000);
      // A far end that never closes would keep the descriptor.
      setTimeout(() => socket.terminate(), LIMITS.providerConnectMs).unref();
    } else socket.terminate();
    this.#options.onEnd(fault);
  }
}

/** The code of a system error, such as ECONNREFUSED: its message may hold an address with a key in it. */
function describeError(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return `can't be reached (${code ?? error.name})`;
}
