import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { LIMITS } from '../config/limits.ts';
import { type FaultKind, faultOfStatus, ProviderFault, retryAfterMs } from './provider_fault.ts';

export interface ProviderHttpOptions {
  /** Provider's name, for errors. */
  readonly name: string;
  readonly code: 'STT_FAILED' | 'LLM_FAILED' | 'TTS_FAILED';
  /** What the paths of requests are appended to, such as https://api.openai.com/v1; a query is kept. */
  readonly url: string;
  /** Keys go here, never into the URL, which proxies write down. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How long an answer may take, and how large it may be; what goes beyond it is a fault. */
export interface AnswerLimits {
  readonly firstByteMs: number;
  readonly silentMs: number;
  readonly answerMs: number;
  readonly answerBytes: number;
}

export interface PostRequest {
  readonly path: string;
  readonly body: unknown;
  /** What the answer must be, such as text/event-stream. */
  readonly contentType: string;
  readonly limits: AnswerLimits;
  readonly signal: AbortSignal;
  /** Asked when the reader stops: has it all that it wants, so that the connection may be used again? */
  readonly isWhole: () => boolean;
}

/**
 * Requests to one provider over HTTP/1.1 whose answers are read as they come, over connections that are kept. It fails rather
 * than waits, leaves trying again to whoever knows other providers, and follows no redirects.
 */
export class ProviderHttp {
  readonly #options: ProviderHttpOptions;
  readonly #agent: HttpAgent;
  readonly #exchanges = new Set<Exchange>();
  #preparedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: ProviderHttpOptions) {
    this.#options = options;
    const Agent = new URL(options.url).protocol === 'https:' ? HttpsAgent : HttpAgent;
    this.#agent = new Agent({
      keepAlive: true,
      // From then on TCP asks whether the far end is still there.
      keepAliveMsecs: LIMITS.providerPingMs,
      maxSockets: LIMITS.providerConnections,
      maxFreeSockets: LIMITS.providerIdleConnections,
      timeout: LIMITS.providerIdleMs,
      // The connection used last is the least likely to be gone.
      scheduling: 'lifo',
    });
  }

  /** Has a connection open by a harmless GET, at most every few seconds. Never waits, never throws. */
  prepare(path: string): void {
    const nowMs = performance.now();
    if (this.#isClosed || nowMs - this.#preparedAt < LIMITS.providerPrepareMs) return;
    if (Object.values(this.#agent.freeSockets).some(sockets => (sockets?.length ?? 0) > 0)) return;
    this.#preparedAt = nowMs;
    const exchange = this.#begin();
    const late = setTimeout(() => exchange.stop(), LIMITS.providerConnectMs);
    late.unref();
    exchange
      .send(this.#agent, 'GET', this.#url(path), this.#options.headers)
      .then(() => exchange.letRun())
      // What is wrong, the first real request tells.
      .catch(() => exchange.stop())
      .finally(() => clearTimeout(late));
  }

  /** Posts JSON and gives the bytes of the answer as they come. Throws a fault, or the signal's reason when aborted. */
  async *post({ path, body, contentType, limits, signal, isWhole }: PostRequest): AsyncGenerator<Uint8Array> {
    signal.throwIfAborted();
    const exchange = this.#begin();
    const patience = new Patience(limits, what => {
      late ??= this.#fault('timeout', what);
      exchange.stop();
    });
    let late: ProviderFault | undefined;
    const stop = () => exchange.stop();
    signal.addEventListener('abort', stop);
    try {
      patience.begin(limits.firstByteMs);
      const response = await this.#send(exchange, path, JSON.stringify(body));
      this.#check(response, contentType);
      let bytes = 0;
      for await (const chunk of response.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        patience.end();
        bytes += chunk.length;
        if (bytes > limits.answerBytes) throw this.#fault('protocol', 'sent more than an answer may be');
        yield chunk;
        patience.begin(limits.silentMs);
      }
    } catch (error) {
      signal.throwIfAborted();
      throw late ?? (error instanceof ProviderFault ? error : this.#broken(error, exchange));
    } finally {
      patience.end();
      signal.removeEventListener('abort', stop);
      if (isWhole()) exchange.letRun();
      else exchange.stop();
    }
  }

  /** Ends all requests; resolves when their connections are gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const ends = [...this.#exchanges].map(exchange => exchange.ended);
    for (const exchange of this.#exchanges) exchange.stop();
    this.#agent.destroy();
    await Promise.all(ends);
  }

  #begin(): Exchange {
    if (this.#isClosed) throw this.#fault('unavailable', 'is closed');
    const exchange = new Exchange();
    this.#exchanges.add(exchange);
    void exchange.ended.then(() => this.#exchanges.delete(exchange));
    return exchange;
  }

  async #send(exchange: Exchange, path: string, body: string): Promise<IncomingMessage> {
    const length = Buffer.byteLength(body);
    if (length > LIMITS.providerQueuedBytes)
      throw this.#fault('refused', 'was to be sent more than a request may be');
    const headers = {
      ...this.#options.headers,
      'content-type': 'application/json',
      'content-length': String(length),
    };
    const url = this.#url(path);
    try {
      return await exchange.send(this.#agent, 'POST', url, headers, body);
    } catch (error) {
      if (!exchange.metClosedConnection) throw error;
      return await exchange.send(false, 'POST', url, headers, body);
    }
  }

  #check(response: IncomingMessage, contentType: string): void {
    const status = response.statusCode ?? 0;
    if (status !== 200) {
      const { 'retry-after': after, 'retry-after-ms': afterMs } = response.headers;
      // Milliseconds where the service knows them better: its own clients read them so.
      const known = typeof afterMs === 'string' && /^\d{1,9}$/.test(afterMs) ? Number(afterMs) : undefined;
      throw this.#fault(
        faultOfStatus(status),
        `answered ${status}`,
        known ?? retryAfterMs(after, Date.now()),
      );
    }
    if (!(response.headers['content-type'] ?? '').toLowerCase().startsWith(contentType))
      throw this.#fault('protocol', `answered with something else than ${contentType}`);
  }

  #url(path: string): URL {
    const url = new URL(this.#options.url);
    url.pathname = url.pathname.replace(/\/$/, '') + path;
    return url;
  }

  /** Only the code of a system error, such as ECONNREFUSED: its message may hold an address, or what was sent. */
  #broken(error: unknown, exchange: Exchange): ProviderFault {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
    if (code.startsWith('HPE_')) return this.#fault('protocol', `does not speak HTTP (${code})`);
    return this.#fault('unavailable', `${exchange.wasAnswered ? 'broke off' : "can't be reached"} (${code})`);
  }

  #fault(kind: FaultKind, what: string, after?: number): ProviderFault {
    const { name, code } = this.#options;
    return new ProviderFault(code, kind, `${name} ${what}`, { retryAfterMs: after });
  }
}

/** How long is waited for a provider; while nobody reads what it sent, it is not the provider that is silent. */
class Patience {
  readonly #limits: AnswerLimits;
  readonly #onEnd: (what: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #look: NodeJS.Immediate | undefined;
  #beganAt = 0;
  #waitedMs = 0;

  constructor(limits: AnswerLimits, onEnd: (what: string) => void) {
    this.#limits = limits;
    this.#onEnd = onEnd;
  }

  begin(ms: number): void {
    const leftMs = this.#limits.answerMs - this.#waitedMs;
    const what = leftMs < ms ? 'took too long to answer' : `sent nothing for ${ms} ms`;
    this.#beganAt = performance.now();
    this.#timer = setTimeout(
      () => {
        // Where it is this process that was held up, the bytes are there by now and are looked at first.
        this.#look = setImmediate(() => this.#onEnd(what));
      },
      Math.min(ms, leftMs),
    );
  }

  end(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    clearImmediate(this.#look);
    this.#timer = undefined;
    this.#waitedMs += performance.now() - this.#beganAt;
  }
}

/** One request on its way and its answer. Ends with `stop` or `letRun`, which are safe at any time. */
class Exchange {
  readonly #ended = Promise.withResolvers<void>();
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #isOpen = false;
  #isOver = false;
  #metClosedConnection = false;

  /** Resolves when it is over and nothing of it is left. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get wasAnswered(): boolean {
    return this.#response !== undefined;
  }

  /**
   * A kept connection was found closed before anything came: the far end may close one just as it is used again (RFC 9112
   * §9.3.1), and has not seen the request then.
   */
  get metClosedConnection(): boolean {
    return this.#metClosedConnection && !this.#isOver;
  }

  send(
    agent: HttpAgent | false,
    method: string,
    url: URL,
    headers: Readonly<Record<string, string>>,
    body = '',
  ): Promise<IncomingMessage> {
    const answered = Promise.withResolvers<IncomingMessage>();
    try {
      const open = url.protocol === 'https:' ? requestHttps : requestHttp;
      const request = open(url, { method, headers, agent });
      this.#request = request;
      this.#isOpen = true;
      request.on('response', response => {
        this.#response = response;
        // Whoever reads is told; there may be nobody left.
        response.on('error', () => undefined);
        answered.resolve(response);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const wasClosed = error.code === 'ECONNRESET' || error.code === 'EPIPE';
        this.#metClosedConnection = request.reusedSocket && wasClosed && this.#response === undefined;
        answered.reject(error);
      });
      request.on('close', () => {
        answered.reject(new Error('closed'));
        this.#isOpen = false;
        if (this.#isOver) this.#ended.resolve();
      });
      request.end(body);
    } catch (error) {
      // A key that is no header, for one.
      answered.reject(error);
    }
    return answered.promise;
  }

  stop(): void {
    this.#isOver = true;
    if (!this.#isOpen) this.#ended.resolve();
    else if (this.#response === undefined) this.#request?.destroy();
    else this.#response.destroy();
  }

  /** What is left of the answer is passed over, so that its connection can be used again; unless it is too long. */
  letRun(): void {
    const response = this.#response;
    if (response === undefined || !this.#isOpen) {
      this.stop();
      return;
    }
    this.#isOver = true;
    const late = setTimeout(() => this.stop(), LIMITS.providerRestMs);
    late.unref();
    response.on('close', () => clearTimeout(late)).resume();
  }
}
