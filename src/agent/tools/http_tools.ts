import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import { readSecret } from '../../config/secrets.ts';
import type { HeaderSpec } from '../../workflow/receiver_schema.ts';
import { urlParts } from '../../workflow/tool_url.ts';
import type { Tool } from '../../workflow/tools.ts';
import type { ToolReach } from '../../workflow/versions/reach.ts';
import { publicLookup } from './public_lookup.ts';
import type { ToolOutcome } from './tool_answer.ts';
import type { HttpRequest } from './tool_request.ts';
import type { ToolOrder } from './tool_runner.ts';
import { runTries } from './tool_tries.ts';
import { tryTool } from './tool_try.ts';
import { signWebhook } from './webhook_signature.ts';

export interface ToolPlace {
  /** What files of secrets are relative to. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where tools may go; anywhere when left out. */
  readonly reach?: Pick<ToolReach, 'of'>;
}

/** What a tool sends with each request. */
interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** By which it is signed, where it is a webhook. */
  readonly secret: string | undefined;
}

const UNREACHED = {
  fault: 'unreachable',
  status: undefined,
  wasSent: false,
  metClosedConnection: false,
} as const;
const IDLE = { keepAlive: true, maxFreeSockets: 4, timeout: LIMITS.providerIdleMs };

/**
 * Tools over HTTP, and webhooks. Reaches no host but those that workflows name and that are within its reach, and follows no
 * redirect. Whatever happens is
 * an outcome; it never throws. Only what may be done twice is asked for over a connection that was used before.
 */
export class HttpTools {
  readonly #agents = { 'http:': new HttpAgent(IDLE), 'https:': new HttpsAgent(IDLE) };
  /** Forgotten with the version of the workflow that the tool belongs to. */
  readonly #credentials = new WeakMap<Tool, Credentials>();
  /** Tools that are off: what was told of each, and when it was looked at last. */
  readonly #off = new WeakMap<Tool, { readonly why: string; readonly lookedMs: number }>();
  readonly #place: ToolPlace;
  readonly #onOff: (tool: Tool, why: string) => void;

  /**
   * Secrets are fetched when a tool is asked for first, and looked for again as long as one is not there; `onOff` is told why a
   * tool is off, in words without any secret.
   */
  constructor(place: ToolPlace, onOff: (tool: Tool, why: string) => void) {
    this.#place = place;
    this.#onOff = onOff;
  }

  has(tool: Tool): boolean {
    return this.#credentialsOf(tool) !== undefined;
  }

  #credentialsOf(tool: Tool): Credentials | undefined {
    const known = this.#credentials.get(tool);
    if (known !== undefined) return known;
    const nowMs = performance.now();
    const off = this.#off.get(tool);
    if (off !== undefined && nowMs - off.lookedMs < LIMITS.secretLookMs) return undefined;
    const why = this.#fetch(tool);
    if (why === undefined) return this.#credentials.get(tool);
    this.#off.set(tool, { why, lookedMs: nowMs });
    if (off?.why !== why) this.#onOff(tool, why);
    return undefined;
  }

  /** Why the tool is off; undefined where it is not. */
  #fetch(tool: Tool): string | undefined {
    const url = (tool.spec.http ?? tool.spec.webhook)?.url ?? '';
    const origin = urlParts(url)?.origin;
    if (origin !== undefined && this.#place.reach?.of(new URL(origin)) === 'no')
      return 'its server is not among workflows.toolHosts';
    try {
      this.#credentials.set(tool, credentialsOf(tool, this.#place));
      return undefined;
    } catch (error) {
      return error instanceof TrunklineError ? error.detail : 'a secret cannot be read';
    }
  }

  async run({ tool, request, key, signal }: ToolOrder<HttpRequest>): Promise<ToolOutcome> {
    const { headers = {}, secret } = this.#credentialsOf(tool) ?? {};
    const reached = this.#place.reach?.of(request.url) ?? 'yes';
    const kept = tool.isIdempotent && this.#agents[request.url.protocol as 'http:' | 'https:'];
    return runTries(tool, signal, ({ timeoutMs, isFresh }) => {
      if (reached === 'no') return Promise.resolve(UNREACHED);
      // Each try is signed with a time of its own: none is too old for the receiver.
      const signed = secret === undefined ? {} : signWebhook(secret, key, Date.now(), request.body ?? '');
      return tryTool(request, {
        headers: { ...headers, ...ownHeaders(request, key), ...signed },
        signal,
        agent: isFresh ? false : kept,
        timeoutMs,
        lookup: reached === 'public' ? publicLookup : undefined,
      });
    });
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }
}

function credentialsOf({ spec: { http, webhook } }: Tool, { folder, env }: ToolPlace): Credentials {
  const entries = Object.entries((http ?? webhook)?.headers ?? {}).map(([name, header]) => {
    if (typeof header === 'string') return [name, header];
    return [name, header.prefix + secretOf(header, folder, env)];
  });
  return {
    headers: Object.fromEntries(entries),
    secret: webhook === undefined ? undefined : secretOf(webhook.secret, folder, env),
  };
}

type SecretSpec = NonNullable<Tool['spec']['webhook']>['secret'] | Exclude<HeaderSpec, string>;

function secretOf(spec: SecretSpec, folder: string, env: NodeJS.ProcessEnv): string {
  const variable = 'secretEnv' in spec ? spec.secretEnv : undefined;
  const file = 'secretFile' in spec ? spec.secretFile : undefined;
  return readSecret({ variable, file }, folder, env);
}

/** The key as a string of RFC 8941 §3.3.3 (draft-ietf-httpapi-idempotency-key-header-07 §2.1). */
function ownHeaders({ method, body }: HttpRequest, key: string): Record<string, string> {
  return {
    accept: 'application/json',
    ...(method !== 'GET' && { 'idempotency-key': `"${key}"` }),
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    }),
  };
}
