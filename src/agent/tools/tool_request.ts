import { placeholdersOf } from '../../workflow/speak/template.ts';
import type { ToolSpec } from '../../workflow/tool_schema.ts';
import { urlParts } from '../../workflow/tool_url.ts';
import type { Tool, ToolArguments } from '../../workflow/tools.ts';
import type { FlowState } from '../../workflow/types.ts';

/** What is sent over HTTP for a tool, but for its headers. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  /** JSON. */
  readonly body: string | undefined;
}

/** What an operation is asked for. */
interface OperationRequest {
  readonly args: Readonly<Record<string, unknown>>;
}

export type ToolRequest = HttpRequest | OperationRequest;

type Value = ToolArguments[string];
type Lookup = (name: string) => Value | undefined;
type Faulty = { readonly fault: string };

const PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}/g;

/**
 * Fills arguments and slots into what a tool sends: encoded, so that none of them leads elsewhere or means
 * anything but itself. Where that can't be, why not, in words for the model.
 */
export function requestOf(
  { name, spec }: Pick<Tool, 'name' | 'spec'>,
  args: ToolArguments,
  slots: FlowState['slots'],
): ToolRequest | Faulty {
  const { http, webhook } = spec;
  const lookUp: Lookup = one => (Object.hasOwn(spec.parameters, one) ? args[one] : slots[one]?.value);
  if (http !== undefined) return httpRequest(spec, http, args, lookUp);
  const template = webhook?.body ?? spec.adapter?.with ?? spec.internal?.with;
  const missing = missingIn(spec, textsOf(template), lookUp);
  if (missing !== undefined) return missing;
  const data = template === undefined ? args : filled(template, lookUp);
  if (webhook === undefined) return { args: data as Readonly<Record<string, unknown>> };
  const body = JSON.stringify(webhook.body === undefined ? { type: name, data } : data);
  return { method: 'POST', url: new URL(webhook.url), body };
}

function httpRequest(
  spec: ToolSpec,
  { method, url, body }: NonNullable<ToolSpec['http']>,
  args: ToolArguments,
  lookUp: Lookup,
): HttpRequest | Faulty {
  const { origin, path, query } = urlParts(url) ?? { origin: '', path: '', query: [] };
  const missing = missingIn(spec, [path, ...query, ...textsOf(body)], lookUp);
  if (missing !== undefined) return missing;
  const segments = path.split('/').map(segment => encodedIn(segment, lookUp) ?? '');
  if (path.split('/').some((segment, at) => segment !== segments[at] && leadsElsewhere(segments[at]!)))
    return { fault: 'what is looked for has no name that can be asked for' };
  const pairs = query.flatMap(pair => encodedIn(pair, lookUp) ?? []);
  const hasBody = method !== 'GET' && method !== 'DELETE';
  return {
    method,
    url: new URL(`${origin}${segments.join('/')}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`),
    body: hasBody ? JSON.stringify(body === undefined ? args : filled(body, lookUp)) : undefined,
  };
}

function missingIn(spec: ToolSpec, texts: readonly string[], lookUp: Lookup): Faulty | undefined {
  const isOptional = (name: string) => spec.parameters[name]?.optional === true;
  const missing = texts.flatMap(placeholdersOf).find(name => lookUp(name) === undefined && !isOptional(name));
  return missing === undefined ? undefined : { fault: `${missing} is not known yet; ask the caller` };
}

/** Dots alone lead to another folder (https://url.spec.whatwg.org/#double-dot-path-segment), and nothing to this one. */
function leadsElsewhere(segment: string): boolean {
  return /^(\.|%2e){0,2}$/i.test(segment);
}

/** Undefined where a value is missing. */
function encodedIn(text: string, lookUp: Lookup): string | undefined {
  if (placeholdersOf(text).some(name => lookUp(name) === undefined)) return undefined;
  return text.replaceAll(PLACEHOLDER, (_, name: string) => encodeURIComponent(shown(lookUp(name))));
}

/** A text that is a placeholder alone becomes its value; what holds one without a value is left out. */
function filled(json: unknown, lookUp: Lookup): unknown {
  if (typeof json === 'string') {
    const names = placeholdersOf(json);
    const [name = ''] = names;
    if (json === `{${name}}`) return lookUp(name);
    if (names.some(one => lookUp(one) === undefined)) return undefined;
    return json.replaceAll(PLACEHOLDER, (_, one: string) => shown(lookUp(one)));
  }
  if (Array.isArray(json)) return json.map(item => filled(item, lookUp)).filter(item => item !== undefined);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, filled(item, lookUp)]));
}

function textsOf(json: unknown): readonly string[] {
  if (typeof json === 'string') return [json];
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(textsOf) : [];
}

function shown(value: Value | undefined): string {
  return (Array.isArray(value) ? value.join(',') : String(value ?? '')).toWellFormed();
}
