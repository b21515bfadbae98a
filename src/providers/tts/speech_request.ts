import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { LIMITS } from '../../config/limits.ts';
import { faultOfStatus, ProviderFault, retryAfterMs } from '../provider_fault.ts';
import type { SpeechFeed } from './speech_feed.ts';

/** A connection without a request is closed after this long: load balancers commonly do so after a minute. */
const IDLE_MS = 50_000;

interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly feed: SpeechFeed;
  /** The answer has begun; throws a ProviderFault for one that is not what was asked for. */
  readonly onHead?: (headers: IncomingMessage['headers']) => void;
  readonly onBytes: (bytes: Buffer) => void;
  readonly onEnd: () => void;
}

/** HTTP to a provider of speech (RFC 9110): connections are kept for the next sentence, answers are read as they come. */
export class SpeechRequests {
  readonly #name: string;
  readonly #url: URL;
  readonly #agent: HttpAgent;
  readonly #send: typeof httpRequest;
  #isClosed = false;

  constructor(name: string, url: string) {
    this.#name = name;
    this.#url = new URL(url);
    const isSecure = this.#url.protocol === 'https:';
    const options = {
      keepAlive: true,
      maxSockets: LIMITS.ttsConnections,
      maxFreeSockets: LIMITS.ttsIdleConnections,
      timeout: IDLE_MS,
    };
    this.#agent = isSecure ? new HttpsAgent(options) : new HttpAgent(options);
    this.#send = isSecure ? httpsRequest : httpRequest;
  }

  /** Opens a connection for the next sentence. */
  prepare(): void {
    if (this.#isClosed) return;
    const request = this.#send(this.#url, {
      agent: this.#agent,
      method: 'HEAD',
      timeout: LIMITS.providerConnectMs,
    });
    request.on('response', response => response.resume());
    request.on('timeout', () => request.destroy());
    // Whatever is wrong is told to the sentence that meets it.
    request.on('error', () => {});
    request.end();
  }

  /** Sends, and puts what comes where it belongs; a fault goes into the feed. Gives what ends it, once it is not over. */
  post(post: Post, isSecond = false): () => void {
    if (this.#isClosed) throw this.#fault('unavailable', 'was closed');
    const body = JSON.stringify(post.body);
    const url = new URL(`${this.#url.href.replace(/\/$/u, '')}${post.path}`);
    const length = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const headers = { ...post.headers, ...length };
    const request = this.#send(url, { agent: this.#agent, method: 'POST', headers });
    // Of no effect once the answer is complete: its connection is for the next request then.
    let end = () => {
      request.destroy();
    };
    request.on('response', response => this.#answered(response, post));
    request.on('error', error => {
      // A kept connection that the far end closed meanwhile says nothing of the far end.
      const isStale = request.reusedSocket && !isSecond && post.feed.bytes === 0;
      if (isStale && !post.feed.isOver && !this.#isClosed) end = this.post(post, true);
      else {
        const { code } = error as NodeJS.ErrnoException;
        this.#fail(post.feed, 'unavailable', `can't be reached (${code ?? error.name})`);
      }
    });
    request.end(body);
    return () => end();
  }

  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
  }

  #answered(response: IncomingMessage, post: Post): void {
    const { feed } = post;
    const status = response.statusCode ?? 0;
    // Broken off; whether it is complete is told by "close".
    response.on('error', () => {});
    if (status !== 200) {
      const after = retryAfterMs(response.headers['retry-after'], Date.now());
      feed.fail(this.#fault(faultOfStatus(status), `answered ${status}`, after));
      response.destroy();
      return;
    }
    const guarded = (work: () => void) => {
      try {
        work();
      } catch (error) {
        if (error instanceof ProviderFault) feed.fail(error);
        else feed.fail(this.#fault('protocol', 'sent what makes no sense'));
        response.destroy();
      }
    };
    guarded(() => post.onHead?.(response.headers));
    response.on('data', (bytes: Buffer) => guarded(() => post.onBytes(bytes)));
    response.on('end', () => guarded(post.onEnd));
    response.on('close', () => {
      if (!response.complete) this.#fail(feed, 'unavailable', 'cut its answer off');
    });
  }

  #fail(feed: SpeechFeed, kind: 'unavailable', what: string): void {
    feed.fail(this.#fault(kind, what));
  }

  #fault(kind: ProviderFault['kind'], what: string, after?: number): ProviderFault {
    return new ProviderFault('TTS_FAILED', kind, `${this.#name} ${what}`, { retryAfterMs: after });
  }
}
