import { closeSync, openSync, readSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { TrunklineError } from './errors.ts';
import { LIMITS } from './limits.ts';
import { type Config, configSchema } from './schema.ts';

const ENV_PREFIX = 'TRUNKLINE_';

/**
 * Reads `trunkline.yaml` and lays the environment over it: TRUNKLINE_HTTP__PORT=9090 sets http.port.
 * @throws TrunklineError CONFIG_INVALID naming file, line and key
 */
export function loadConfig(file: string, env: NodeJS.ProcessEnv = process.env): Config {
  return parseConfig(readConfigFile(file), file, env);
}

function readConfigFile(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFirst(file, LIMITS.configFileBytes + 1);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw new TrunklineError('CONFIG_INVALID', `${file} can't be read (${code})`, { cause });
  }
  if (bytes.length > LIMITS.configFileBytes)
    throw new TrunklineError('CONFIG_INVALID', `${file} is larger than ${LIMITS.configFileBytes} bytes`);
  return bytes.toString('utf8');
}

/** Up to so many bytes of what need not be a regular file, nor have an end. */
function readFirst(file: string, limitBytes: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(limitBytes);
    let length = 0;
    for (let read = -1; read !== 0 && length < limitBytes; length += read)
      read = readSync(descriptor, buffer, length, limitBytes - length, null);
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** The same for text at hand. */
export function parseConfig(text: string, file: string, env: NodeJS.ProcessEnv): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) {
    const { line } = lines.linePos(syntaxError.pos[0]);
    const [what = ''] = syntaxError.message.split(/ at line \d+, column \d+|\n/);
    throw new TrunklineError('CONFIG_INVALID', `${file}:${line}: ${what}`);
  }
  const raw: unknown = document.toJS({ maxAliasCount: 0 }) ?? {};
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw new TrunklineError('CONFIG_INVALID', `${file} holds no keys with values`);
  const result = configSchema.safeParse(withEnvironment(raw, env));
  if (result.success) return result.data;
  const placeOf = (path: readonly PropertyKey[]): string => {
    const line = lineOf(document, lines, path);
    return variableOf(path, env) ?? (line === undefined ? file : `${file}:${line}`);
  };
  const problems = result.error.issues.map(issue => describe(issue, placeOf));
  throw new TrunklineError('CONFIG_INVALID', problems.join('; '));
}

type Document = ReturnType<typeof parseDocument>;

/** An element of a sequence, or a pair of a mapping, which has its place in its key. */
interface ListItem {
  readonly range?: [number];
  readonly key?: { readonly value?: unknown; readonly range?: [number] };
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const items = (parent as { items?: ListItem[] } | null)?.items;
    const step = path[depth - 1];
    const node =
      typeof step === 'number' ? items?.[step] : items?.find(item => item.key?.value === step)?.key;
    if (node?.range !== undefined) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

/** The variable that set the key, what it lies in, or something in it, if one did. */
function variableOf(path: readonly PropertyKey[], env: NodeJS.ProcessEnv): string | undefined {
  const words = path.map(key => String(key).replace(/[A-Z]/g, '_$&').toUpperCase());
  const wanted = `${ENV_PREFIX}${words.join('__')}__`;
  return Object.keys(env).find(
    name => name.startsWith(ENV_PREFIX) && (wanted.startsWith(`${name}__`) || `${name}__`.startsWith(wanted)),
  );
}

function describe(issue: z.core.$ZodIssue, placeOf: (path: readonly PropertyKey[]) => string): string {
  const paths =
    issue.code === 'unrecognized_keys' ? issue.keys.map(key => [...issue.path, key]) : [issue.path];
  return paths
    .map(path => {
      const place = placeOf(path);
      const key = path.map(String).join('.');
      return issue.code === 'unrecognized_keys'
        ? `${place}: unknown key ${key}`
        : `${place}: ${key}: ${issue.message.replace(/^Invalid input: /, '')}`;
    })
    .join('; ');
}

function withEnvironment(raw: object, env: NodeJS.ProcessEnv): unknown {
  const merged = structuredClone(raw) as Record<string, unknown>;
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(ENV_PREFIX) || value === undefined) continue;
    const path = variable
      .slice(ENV_PREFIX.length)
      .split('__')
      .map(part => part.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()));
    setIn(merged, path, scalar(value));
  }
  return merged;
}

function setIn(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head, ...rest] = path;
  if (head === undefined || head === '__proto__') return;
  if (rest.length === 0) {
    target[head] = value;
    return;
  }
  const child = target[head];
  const next = typeof child === 'object' && child !== null && !Array.isArray(child) ? child : {};
  target[head] = next;
  setIn(next as Record<string, unknown>, rest, value);
}

/** Environment values are read as YAML scalars or flow collections: 9090, true, [1, 2], text; none is the empty text. */
function scalar(value: string): unknown {
  if (value.trim() === '') return '';
  const document = parseDocument(value);
  return document.errors.length > 0 ? value : document.toJS({ maxAliasCount: 0 });
}
