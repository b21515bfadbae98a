import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import { readSecret } from '../../config/secrets.ts';
import { retryAfterMs } from '../../providers/provider_fault.ts';
import type { Tool } from '../../workflow/tools.ts';
import type { ToolFault, ToolOutcome } from './tool_answer.ts';
import type { ToolRequest } from './tool_request.ts';
import { type Tried, tryTool } from './tool_try.ts';

/** What is sent, and may be sent again. */
export interface ToolOrder {
  readonly tool: Tool;
  readonly request: ToolRequest;
  /** Names it to the receiver: the same again means the same. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** Whoever runs the tools of all calls. */
export interface ToolRunner {
  /** False where it can't be run, for want of a secret. */
  has(tool: Tool): boolean;
  run(order: ToolOrder): Promise<ToolOutcome>;
}

interface SecretFolder {
  /** What files of secrets are relative to. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

const IDLE = { keepAlive: true, maxFreeSockets: 4, timeout: LIMITS.providerIdleMs };
/** Refusals, after which nothing was done (RFC 9110 §15.5, §15.6.2, §15.6.4). */
const isRefusal = (status: number) =>
  (status >= 400 && status < 500 && status !== 408 && status !== 409) || status === 501 || status === 503;

/**
 * Tools over HTTP. Reaches no host but those that workflows name, and follows no redirect. Whatever happens is an outcome; it
 * never throws. Only what may be done twice is asked for over a connection that was used before, and only that, or what
 * the receiver knows by its key, is tried again.
 */
export class HttpTools implements ToolRunner {
  readonly #agents = { 'http:': new HttpAgent(IDLE), 'https:': new HttpsAgent(IDLE) };
  /** Undefined for a tool that is off. */
  readonly #headers = new Map<Tool, Readonly<Record<string, string>> | undefined>();
  readonly #closed = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  readonly #place: SecretFolder;
  readonly #onOff: (tool: Tool, why: string) => void;

  /** Secrets are fetched when a tool is asked for first; `onOff` is told of each that lacks one, in words without it. */
  constructor(place: SecretFolder, onOff: (tool: Tool, why: string) => void) {
    this.#place = place;
    this.#onOff = onOff;
  }

  has(tool: Tool): boolean {
    return this.#headersOf(tool) !== undefined;
  }

  #headersOf(tool: Tool): Readonly<Record<string, string>> | undefined {
    if (!this.#headers.has(tool)) this.#headers.set(tool, this.#fetched(tool));
    return this.#headers.get(tool);
  }

  #fetched(tool: Tool): Readonly<Record<string, string>> | undefined {
    try {
      return headersOf(tool, this.#place);
    } catch (error) {
      this.#onOff(tool, error instanceof TrunklineError ? error.detail : 'a secret cannot be read');
      return undefined;
    }
  }

  async run(order: ToolOrder): Promise<ToolOutcome> {
    const running = this.#run(order);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Gives up what runs; resolves when nothing is left of it. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.all(this.#running);
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  async #run({ tool, request, key, signal }: ToolOrder): Promise<ToolOutcome> {
    const { spec, isIdempotent } = tool;
    const beganMs = performance.now();
    const stop = AbortSignal.any([signal, this.#closed.signal]);
    const options = {
      headers: { ...this.#headersOf(tool), ...ownHeaders(request, key) },
      signal: stop,
    };
    let agent = isIdempotent && this.#agents[request.url.protocol as 'http:' | 'https:'];
    let mayBeDone = false;
    for (let attempts = 1; ; attempts += 1) {
      const leftMs = LIMITS.toolRunMs - (performance.now() - beganMs);
      const tried = await tryTool(request, {
        ...options,
        agent,
        timeoutMs: Math.min(spec.timeoutMs, leftMs),
      });
      if ('fault' in tried && tried.metClosedConnection) {
        agent = false;
        attempts -= 1;
        continue;
      }
      const httpStatus = tried.status;
      const why = faultOf(tried);
      if (why === undefined)
        return {
          status: 'done',
          data: 'data' in tried ? tried.data : null,
          attempts,
          httpStatus: httpStatus ?? 0,
        };
      mayBeDone ||= !isIdempotent && wasPerhapsDone(tried);
      const pauseMs = pauseAfter(tried, why, attempts, tool);
      const hasTime = performance.now() - beganMs + (pauseMs ?? 0) < LIMITS.toolRunMs;
      const goesOn = pauseMs !== undefined && hasTime && attempts <= spec.retries;
      if (!goesOn || !(await pause(pauseMs, stop)))
        return {
          status: mayBeDone ? 'unknown' : 'failed',
          why: stop.aborted ? 'cancelled' : why,
          attempts,
          httpStatus,
        };
    }
  }
}

function headersOf({ spec }: Tool, { folder, env }: SecretFolder): Record<string, string> {
  const headers = Object.entries(spec.http.headers).map(([name, header]) => {
    if (typeof header === 'string') return [name, header];
    const variable = 'secretEnv' in header ? header.secretEnv : undefined;
    const file = 'secretFile' in header ? header.secretFile : undefined;
    return [name, header.prefix + readSecret({ variable, file }, folder, env)];
  });
  return Object.fromEntries(headers);
}

/** The key as a string of RFC 8941 §3.3.3 (draft-ietf-httpapi-idempotency-key-header-07 §2.1). */
function ownHeaders({ method, body }: ToolRequest, key: string): Record<string, string> {
  return {
    accept: 'application/json',
    ...(method !== 'GET' && { 'idempotency-key': `"${key}"` }),
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    }),
  };
}

function faultOf(tried: Tried): ToolFault | undefined {
  if ('fault' in tried) return tried.fault;
  const { status } = tried;
  if (status >= 200 && status < 300) return undefined;
  if (status < 400) return 'redirected';
  return status < 500 && status !== 408 && status !== 429 ? 'refused' : 'unavailable';
}

function wasPerhapsDone(tried: Tried): boolean {
  return 'fault' in tried ? tried.wasSent : !isRefusal(tried.status);
}

/** Milliseconds until another try is worth it; undefined where none is. */
function pauseAfter(tried: Tried, why: ToolFault, attempts: number, { spec }: Tool): number | undefined {
  const isForNow = ['unreachable', 'lost', 'timeout', 'unavailable'].includes(why);
  // 409: the request that came before with this key is still under way (§2.6 of the draft).
  if (!isForNow && !(tried.status === 409 && spec.keyed)) return undefined;
  const ownMs = LIMITS.toolRetryMs * 2 ** (attempts - 1) * (0.75 + Math.random() / 2);
  const askedMs = 'retryAfter' in tried ? retryAfterMs(tried.retryAfter, Date.now()) : undefined;
  if (askedMs !== undefined && askedMs > LIMITS.toolRetryMostMs) return undefined;
  return Math.min(Math.max(ownMs, askedMs ?? 0), LIMITS.toolRetryMostMs);
}

/** False when it was stopped. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false);
}
