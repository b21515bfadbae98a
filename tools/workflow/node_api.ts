import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { nodePaths } from '../../src/config/paths.ts';
import type { Config } from '../../src/config/schema.ts';

/** What the control plane said: JSON, or text where it is that. */
export interface Answer {
  readonly ok: boolean;
  readonly body: unknown;
}

/** Asks the control plane of a running node for something below a path of its own. */
export type Ask = (method: 'GET' | 'POST' | 'PUT', path: string, body?: object) => Promise<Answer>;

const failure = z.object({
  error: z.object({ code: z.string(), message: z.string(), detail: z.string(), remedy: z.string() }),
});

/** A node refused, or is not there; the message is for whoever called the program. */
export class NodeRefusal extends Error {}

export interface NodeAddress {
  /** Such as http://127.0.0.1:8080. */
  readonly url: string;
  readonly key: string;
  /** Who asks, for the history. */
  readonly by: string;
}

/** @throws the file's error when the node's key can't be read */
export function ownNode({ http, ...config }: Config, project: string, by: string): NodeAddress {
  const host = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[http.host] ?? http.host;
  const keyFile = join(nodePaths(project, { http, ...config }).keys, 'api.key');
  return { url: `http://${host}:${http.port}`, key: readFileSync(keyFile, 'utf8').trim(), by };
}

/** `below` is /api/workflows, unless it is said otherwise. */
export function askNode({ url, key, by }: NodeAddress, below = '/api/workflows'): Ask {
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${key}`, 'trunkline-operator': by };
    const request: RequestInit =
      body === undefined
        ? { method, headers }
        : { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await fetch(`${url}${below}${path}`, request).catch(() => {
      throw new NodeRefusal(`no node answers at ${url}; start it, or say where it is with --url`);
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
    return { ok: answer.ok, body: isJson ? JSON.parse(text) : text };
  };
}

/** What was answered, as it must be. @throws NodeRefusal saying why, and what can be done */
export async function expect<T>(answer: Promise<Answer>, schema: z.ZodType<T>): Promise<T> {
  const { ok, body } = await answer;
  if (ok) return schema.parse(body);
  const told = failure.safeParse(body);
  if (!told.success) throw new NodeRefusal('the node answers what it should not');
  const { code, message, detail, remedy } = told.data.error;
  // Faults of a text come one behind the other.
  throw new NodeRefusal(`${message} (${code})\n${detail.replaceAll('; ', '\n')}\n${remedy}`);
}
