import { type ClientOptions, type RawData, WebSocket } from 'ws';
import { LIMITS } from '../config/limits.ts';
import { type FaultKind, faultOfStatus, ProviderFault, retryAfterMs } from './provider_fault.ts';

export interface ProviderSocketOptions {
  /** Provider's name, for errors. */
  readonly name: string;
  readonly code: 'STT_FAILED' | 'LLM_FAILED' | 'TTS_FAILED' | 'SPEECH_FAILED';
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
  /**
   * The connection is gone, told once: by a fault, or without one after `close`. `closeCode` (RFC 6455 §7.4) is there where it
   * was the far end that closed it.
   */
  readonly onEnd: (fault: ProviderFault | undefined, closeCode?: number) => void;
  /** What the provider's own close codes mean; undefined, or none of them: unavailable. `reason` is untrusted. */
  readonly faultOfClose?: (code: number, reason: string) => FaultKind | undefined;
  /** In place of the limits of the same names, for tests. */
  readonly connectMs?: number;
  readonly pingMs?: number;
}

/**
 * One WebSocket (RFC 6455) to a provider. It fails rather than waits: a handshake, a peer that no longer answers pings and
 * a peer that takes no more all have their limit, and each ends in one fault.
 */
export class ProviderSocket {
  readonly #options: ProviderSocketOptions;
  /** None where there can't be one: a URL or a header that is not valid. */
  readonly #socket: WebSocket | undefined;
  readonly #closed = Promise.withResolvers<void>();
  readonly #startedAt = performance.now();
  #openedAt: number | undefined;
  #waiting: (string | Uint8Array)[] = [];
  #waitingBytes = 0;
  #lastBytesAt = performance.now();
  #pinged = false;
  /** One at a time: for the handshake, for the next ping, for the goodbye. */
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(options: ProviderSocketOptions) {
    this.#options = options;
    this.#socket = this.#dial();
    if (this.#socket === undefined) {
      queueMicrotask(() => {
        this.#closed.resolve();
        this.#fail('refused', "can't be dialled: its URL or its headers are not valid");
      });
      return;
    }
    this.#listen(this.#socket);
    const connectMs = options.connectMs ?? LIMITS.providerConnectMs;
    this.#timer = setTimeout(
      () => this.#fail('timeout', `did not answer the handshake within ${connectMs} ms`),
      connectMs,
    );
  }

  get isOpen(): boolean {
    return !this.#isOver && this.#socket?.readyState === WebSocket.OPEN;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Milliseconds since anything came from the far end; since the beginning, where nothing has. */
  get silentForMs(): number {
    return performance.now() - this.#lastBytesAt;
  }

  get ageMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** When the connection was there, as performance.now() tells it; undefined before. */
  get openedAt(): number | undefined {
    return this.#openedAt;
  }

  /** Resolves when nothing is left of it: no descriptor, no timer. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Sends text or bytes in order, once the connection is there. Never waits; too much waiting is a fault. */
  send(data: string | Uint8Array): void {
    if (this.#isOver) return;
    if (this.isOpen) this.#socket?.send(data);
    else this.#keep(data);
    if (this.#waitingBytes + (this.#socket?.bufferedAmount ?? 0) > LIMITS.providerQueuedBytes)
      this.#fail('timeout', 'takes no more');
  }

  sendJson(message: unknown): void {
    this.send(JSON.stringify(message));
  }

  /** Asks for a sign of life now, which `silentForMs` shows; an open connection is asked now and then anyway. */
  probe(): void {
    if (this.isOpen) this.#socket?.ping();
  }

  /** Ends it in order; `onEnd` is told without a fault. Safe at any time. */
  close(): void {
    this.#end(undefined);
  }

  /** Ends it since what came makes no sense, or did not come; safe at any time. */
  fail(kind: FaultKind, what: string): void {
    this.#fail(kind, what);
  }

  #dial(): WebSocket | undefined {
    const { url, headers, protocols } = this.#options;
    const settings: ClientOptions = {
      headers: headers ?? {},
      maxPayload: LIMITS.providerMessageBytes,
      perMessageDeflate: false,
      followRedirects: false,
    };
    try {
      return new WebSocket(url, [...(protocols ?? [])], settings);
    } catch {
      // Its message holds the URL, or the header with the key.
      return undefined;
    }
  }

  #listen(socket: WebSocket): void {
    socket.on('open', () => this.#opened(socket));
    socket.on('message', (data, isBinary) => this.#received(data, isBinary));
    socket.on('pong', () => this.#alive());
    socket.on('ping', () => this.#alive());
    socket.on('unexpected-response', (request, response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      request.destroy();
      const after = retryAfterMs(response.headers['retry-after'], Date.now());
      this.#fail(faultOfStatus(status), `answered ${status} to the handshake`, { retryAfterMs: after });
    });
    socket.on('error', error => this.#failBy(error));
    socket.on('close', (code, reason) => {
      const kind = this.#options.faultOfClose?.(code, reason.toString('utf8')) ?? 'unavailable';
      this.#fail(kind, `closed the connection (${code})`, { closeCode: code });
      clearTimeout(this.#timer);
      this.#closed.resolve();
    });
  }

  #keep(data: string | Uint8Array): void {
    // Bytes may be a view of a buffer that the caller writes again.
    this.#waiting.push(typeof data === 'string' ? data : Uint8Array.from(data));
    this.#waitingBytes += data.length;
  }

  #opened(socket: WebSocket): void {
    if (this.#isOver) return;
    this.#alive();
    this.#openedAt = performance.now();
    for (const data of this.#waiting) socket.send(data);
    this.#waiting = [];
    this.#waitingBytes = 0;
    clearTimeout(this.#timer);
    const pingMs = this.#options.pingMs ?? LIMITS.providerPingMs;
    this.#timer = setInterval(() => this.#ping(socket, pingMs), pingMs);
    this.#options.onOpen?.();
  }

  #ping(socket: WebSocket, pingMs: number): void {
    if (this.#pinged) this.#fail('timeout', `gave no sign of life for ${pingMs} ms`);
    else {
      this.#pinged = true;
      socket.ping();
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
      // The message of a SyntaxError holds what was sent.
      else
        this.#fail('protocol', 'sent what makes no sense', {
          cause: error instanceof SyntaxError ? undefined : error,
        });
    }
  }

  /** A system's error, or ws's own: only its code is told, since a message may hold an address with a key in it. */
  #failBy(error: Error): void {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('WS_ERR_') === true)
      this.#fail('protocol', `broke the WebSocket protocol (${code})`);
    else
      this.#fail(
        code === 'ETIMEDOUT' ? 'timeout' : 'unavailable',
        `can't be reached (${code ?? error.name})`,
      );
  }

  #fail(
    kind: FaultKind,
    what: string,
    told: { readonly retryAfterMs?: number | undefined; readonly cause?: unknown; closeCode?: number } = {},
  ): void {
    const { name, code } = this.#options;
    this.#end(new ProviderFault(code, kind, `${name} ${what}`, told), told.closeCode);
  }

  #end(fault: ProviderFault | undefined, closeCode?: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
    const socket = this.#socket;
    if (fault === undefined && socket?.readyState === WebSocket.OPEN) {
      socket.close(1000);
      // A far end that never closes would keep the descriptor.
      const goodbyeMs = this.#options.connectMs ?? LIMITS.providerConnectMs;
      this.#timer = setTimeout(() => socket.terminate(), goodbyeMs);
    } else socket?.terminate();
    this.#options.onEnd(fault, closeCode);
  }
}
