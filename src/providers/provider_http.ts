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
  readonly headers?: Headers;
  readonly connections?: {
    /** Further requests wait for one. */
    readonly most: number;
    /** Of them, those that are kept without a request. */
    readonly idle: number;
  };
}

type Headers = Readonly<Record<string, string>>;

export interface RequestBody {
  readonly contentType: string;
  readonly bytes: string | Buffer;
}

export function jsonBody(value: unknown): RequestBody {
  return { contentType: 'application/json', bytes: JSON.stringify(value) };
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
  /** Beside those of all requests. */
  readonly headers?: Headers;
  readonly body: RequestBody;
  /** What the answer must be, such as text/event-stream; anything unless given. */
  readonly contentType?: string;
  readonly limits: AnswerLimits;
  readonly signal: AbortSignal;
  /** What is to come, an empty text where nothing says it; throws a fault where that is not wanted. */
  readonly onType?: (contentType: string) => void;
  /** Asked when the reader stops early: has it all that it wants, so that the connection may be used again? */
  readonly isWhole?: () => boolean;
}

const CONNECTIONS = { most: LIMITS.providerConnections, idle: LIMITS.providerIdleConnections };

/**
 * Requests to one provider over HTTP/1.1 (RFC 9112), over connections that are kept; answers are read as they come. It
 * fails rather than waits, leaves trying again to whoever knows other providers, and follows no redirects. By Node's
 * own client: it costs no memory of its own, where fetch takes 18 MB a process and undici's package 29 MB.
 */
export class ProviderHttp {
  readonly #options: ProviderHttpOptions;
  readonly #agent: HttpAgent;
  readonly #exchanges = new Set<Exchange>();
  #preparedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: ProviderHttpOptions) {
    this.#options = options;
    const { most, idle } = options.connections ?? CONNECTIONS;
    const Agent = new URL(options.url).protocol === 'https:' ? HttpsAgent : HttpAgent;
    this.#agent = new Agent({
      keepAlive: true,
      // From then on TCP asks whether the far end is still there.
      keepAliveMsecs: LIMITS.providerPingMs,
      maxSockets: most,
      maxFreeSockets: idle,
      timeout: LIMITS.providerIdleMs,
      // The connection used last is the least likely to be gone.
      scheduling: 'lifo',
    });
  }

  /** Has a connection open by a harmless request, at most every few seconds. Never waits, never throws. */
  prepare(path: string, method: 'GET' | 'HEAD' = 'GET'): void {
    const nowMs = performance.now();
    if (this.#isClosed || nowMs - this.#preparedAt < LIMITS.providerPrepareMs) return;
    if (Object.values(this.#agent.freeSockets).some(sockets => (sockets?.length ?? 0) > 0)) return;
    this.#preparedAt = nowMs;
    const exchange = this.#begin();
    const late = setTimeout(() => exchange.stop(), LIMITS.providerConnectMs);
    late.unref();
    exchange
      .send(this.#agent, method, this.#url(path), this.#options.headers ?? {})
      .then(() => exchange.letRun())
      // What is wrong, the first real request tells.
      .catch(() => exchange.stop())
      .finally(() => clearTimeout(late));
  }

  /** Gives the bytes of the answer as they come. Throws a fault, or the signal's reason when aborted. */
  async *post(request: PostRequest): AsyncGenerator<Buffer> {
    const { limits, signal } = request;
    signal.throwIfAborted();
    const exchange = this.#begin();
    const patience = new Patience(limits, what => {
      late ??= this.#fault('timeout', what);
      exchange.stop();
    });
    let late: ProviderFault | undefined;
    let isRead = false;
    const stop = () => exchange.stop();
    signal.addEventListener('abort', stop);
    try {
      patience.begin(limits.firstByteMs);
      const response = await this.#send(exchange, request);
      this.#check(response, request);
      let bytes = 0;
      for await (const chunk of response.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        patience.end();
        bytes += chunk.length;
        if (bytes > limits.answerBytes) throw this.#fault('protocol', 'sent more than an answer may be');
        yield chunk;
        patience.begin(limits.silentMs);
      }
      isRead = true;
    } catch (error) {
      signal.throwIfAborted();
      throw late ?? (error instanceof ProviderFault ? error : this.#broken(error, exchange));
    } finally {
      patience.end();
      signal.removeEventListener('abort', stop);
      if (isRead || request.isWhole?.()) exchange.letRun();
      else exchange.stop();
    }
  }

  /** The whole answer, as `post` gives it. */
  async postWhole(request: PostRequest): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.post(request)) chunks.push(chunk);
    return Buffer.concat(chunks);
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

  async #send(exchange: Exchange, { path, headers: own, body }: PostRequest): Promise<IncomingMessage> {
    const length = Buffer.byteLength(body.bytes);
    if (length > LIMITS.providerQueuedBytes)
      throw this.#fault('refused', 'was to be sent more than a request may be');
    const headers = {
      ...this.#options.headers,
      ...own,
      'content-type': body.contentType,
      'content-length': String(length),
    };
    const url = this.#url(path);
    try {
      return await exchange.send(this.#agent, 'POST', url, headers, body.bytes);
    } catch (error) {
      if (!exchange.metClosedConnection) throw error;
      return await exchange.send(false, 'POST', url, headers, body.bytes);
    }
  }

  #check(response: IncomingMessage, { contentType = '', onType }: PostRequest): void {
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
    const type = response.headers['content-type'] ?? '';
    if (!type.toLowerCase().startsWith(contentType))
      throw this.#fault('protocol', `answered with something else than ${contentType}`);
    onType?.(type);
  }

  #url(path: string): URL {
    const url = new URL(this.#options.url);
    url.pathname = url.pathname.replace(/\/$/, '') + path;
    return url;
  }

  /** Only the code of a system error, such as ECONNREFUSED: its message may hold an address, or what was sent. */
  #broken(error: unknown, exchange: Exchange): ProviderFault {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
    // Thrown before anything is sent, and its message holds the header that is none, with the key.
    if (code.startsWith('ERR_INVALID'))
      return this.#fault('refused', "can't be asked: its URL or its headers are not valid");
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
    headers: Headers,
    body: string | Buffer = '',
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
