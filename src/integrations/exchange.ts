import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { z } from 'zod';
import { type Tried, tryTool } from '../agent/tools/tool_try.ts';
import { LIMITS } from '../config/limits.ts';

const IDLE = { keepAlive: true, maxFreeSockets: 2, timeout: LIMITS.providerIdleMs };

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, parameters as a form. */
  readonly body?: object | URLSearchParams;
}

/** Connections to one account's servers. */
export class Connections {
  readonly #agents = { 'http:': new HttpAgent(IDLE), 'https:': new HttpsAgent(IDLE) };

  of(url: URL): HttpAgent | HttpsAgent {
    return this.#agents[url.protocol as 'http:' | 'https:'];
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }
}

/** All requests of one try at an operation, within its time. */
export class Exchange {
  readonly #connections: Connections;
  readonly #signal: AbortSignal;
  readonly #endsAtMs: number;

  constructor(connections: Connections, { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number }) {
    this.#connections = connections;
    this.#signal = signal;
    this.#endsAtMs = performance.now() + timeoutMs;
  }

  /** Never rejects. What only reads may take a connection that was used before, and is asked again where that was gone. */
  async ask(ask: Ask): Promise<Tried> {
    const tried = await this.#ask(ask, ask.method === 'GET');
    const wasGone = 'fault' in tried && tried.metClosedConnection;
    return wasGone ? this.#ask(ask, false) : tried;
  }

  async #ask({ method, url, headers = {}, body }: Ask, isKept: boolean): Promise<Tried> {
    const isForm = body instanceof URLSearchParams;
    const text = body === undefined ? undefined : isForm ? body.toString() : JSON.stringify(body);
    const length = text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) };
    const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
    return tryTool(
      { method, url, body: text },
      {
        headers: {
          accept: 'application/json',
          ...headers,
          ...(text !== undefined && { 'content-type': type }),
          ...length,
        },
        agent: isKept ? this.#connections.of(url) : false,
        timeoutMs: Math.max(1, this.#endsAtMs - performance.now()),
        signal: this.#signal,
        readsRefusals: true,
        // Calendly has no Retry-After (https://developer.calendly.com/api-docs/overview/rate-limits).
        retryHeader: 'x-ratelimit-reset',
      },
    );
  }
}

/** What was answered in a 2xx, read by a schema; else what becomes of the try. */
export function read<Schema extends z.ZodType>(
  tried: Tried,
  schema: Schema,
): { readonly data: z.infer<Schema> } | { readonly tried: Tried } {
  if ('fault' in tried || tried.status < 200 || tried.status > 299) return { tried };
  const result = schema.safeParse(tried.data);
  if (result.success) return { data: result.data };
  return { tried: { fault: 'garbage', status: tried.status, wasSent: true, metClosedConnection: false } };
}

export function statusOf(tried: Tried): number | undefined {
  return 'fault' in tried ? undefined : tried.status;
}

/** What is done, in the form that tools are told. */
export function done(data: object, status = 200): Tried {
  return { status, retryAfter: undefined, data };
}

/** The other end, or its state, does not let it be done: nothing was. */
export function refused(): Tried {
  return { status: 422, retryAfter: undefined, data: undefined };
}

/** Not now: nothing was done, and it may be tried again. */
export function unavailable(retryAfter?: string): Tried {
  return { status: 429, retryAfter, data: undefined };
}

/** Of a request that only made ready for what was to be done: whatever became of it, nothing was done. */
export function beforehand(tried: Tried): Tried {
  if ('fault' in tried) return { ...tried, wasSent: false };
  const isForNow = tried.status >= 500 || tried.status === 408 || tried.status === 429;
  if (isForNow) return { ...tried, status: tried.status === 429 ? 429 : 503, data: undefined };
  return tried.status === 409 ? refused() : { ...tried, data: undefined };
}
