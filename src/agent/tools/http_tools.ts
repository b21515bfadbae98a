import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import { readSecret } from '../../config/secrets.ts';
import type { HeaderSpec } from '../../workflow/receiver_schema.ts';
import type { Tool } from '../../workflow/tools.ts';
import type { ToolOutcome } from './tool_answer.ts';
import type { HttpRequest } from './tool_request.ts';
import type { ToolOrder } from './tool_runner.ts';
import { runTries } from './tool_tries.ts';
import { tryTool } from './tool_try.ts';
import { signWebhook } from './webhook_signature.ts';

export interface SecretFolder {
  /** What files of secrets are relative to. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What a tool sends with each request. */
interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** By which it is signed, where it is a webhook. */
  readonly secret: string | undefined;
}

const IDLE = { keepAlive: true, maxFreeSockets: 4, timeout: LIMITS.providerIdleMs };

/**
 * Tools over HTTP, and webhooks. Reaches no host but those that workflows name, and follows no redirect. Whatever happens is
 * an outcome; it never throws. Only what may be done twice is asked for over a connection that was used before.
 */
export class HttpTools {
  readonly #agents = { 'http:': new HttpAgent(IDLE), 'https:': new HttpsAgent(IDLE) };
  /** Undefined for a tool that is off; forgotten with the version of the workflow that it belongs to. */
  readonly #credentials = new WeakMap<Tool, Credentials | undefined>();
  readonly #place: SecretFolder;
  readonly #onOff: (tool: Tool, why: string) => void;

  /** Secrets are fetched when a tool is asked for first; `onOff` is told of each that lacks one, in words without it. */
  constructor(place: SecretFolder, onOff: (tool: Tool, why: string) => void) {
    this.#place = place;
    this.#onOff = onOff;
  }

  has(tool: Tool): boolean {
    return this.#credentialsOf(tool) !== undefined;
  }

  #credentialsOf(tool: Tool): Credentials | undefined {
    if (!this.#credentials.has(tool)) this.#credentials.set(tool, this.#fetched(tool));
    return this.#credentials.get(tool);
  }

  #fetched(tool: Tool): Credentials | undefined {
    try {
      return credentialsOf(tool, this.#place);
    } catch (error) {
      this.#onOff(tool, error instanceof TrunklineError ? error.detail : 'a secret cannot be read');
      return undefined;
    }
  }

  async run({ tool, request, key, signal }: ToolOrder<HttpRequest>): Promise<ToolOutcome> {
    const { headers = {}, secret } = this.#credentialsOf(tool) ?? {};
    const kept = tool.isIdempotent && this.#agents[request.url.protocol as 'http:' | 'https:'];
    return runTries(tool, signal, ({ timeoutMs, isFresh }) => {
      // Each try is signed with a time of its own: none is too old for the receiver.
      const signed = secret === undefined ? {} : signWebhook(secret, key, Date.now(), request.body ?? '');
      return tryTool(request, {
        headers: { ...headers, ...ownHeaders(request, key), ...signed },
        signal,
        agent: isFresh ? false : kept,
        timeoutMs,
      });
    });
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }
}

function credentialsOf({ spec: { http, webhook } }: Tool, { folder, env }: SecretFolder): Credentials {
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
