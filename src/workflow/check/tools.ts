import { adapterOperations, INTERNAL_OPERATIONS } from '../../config/tool_operations.ts';
import { usedTools } from '../included_tools.ts';
import type { WorkflowDocument } from '../schema.ts';
import { placeholdersOf } from '../speak/template.ts';
import type { ToolParameter, ToolSpec } from '../tool_schema.ts';
import { urlParts } from '../tool_url.ts';
import { isIdempotentTool, isKeyedTool, operationOf, WAY_TOOL } from '../tools.ts';
import type { Path, Report } from './report.ts';

type Http = NonNullable<ToolSpec['http']>;

/** Headers that are made here, or would change what a request is (RFC 9110 §7.6.1, RFC 9112). */
const OWN_HEADERS = new Set(
  (
    'host content-length content-type transfer-encoding connection keep-alive upgrade te trailer expect ' +
    'idempotency-key webhook-id webhook-timestamp webhook-signature'
  ).split(' '),
);

/** What the schema can't see of tools: where they may reach, and names that lead nowhere. */
export function checkTools(document: WorkflowDocument, report: Report): void {
  for (const [name, tool] of Object.entries(document.tools)) {
    const at = ['tools', name];
    if (name === WAY_TOOL) report(at, `${WAY_TOOL} is how a model leaves a stage; call it otherwise`);
    checkReceiver(document, tool, at, report);
    checkParameters(tool, [...at, 'parameters'], report);
    if (tool.retries > 0 && !isIdempotentTool(tool) && !isKeyedTool(tool))
      report([...at, 'retries'], 'only what is idempotent or keyed is tried again; say so, or remove it');
    for (const slot of Object.keys(tool.saves)) {
      if (!Object.hasOwn(document.slots, slot))
        report([...at, 'saves', slot], `there is no slot ${slot}; add it under slots`);
    }
  }
  checkOffers(document, report);
}

function checkReceiver(document: WorkflowDocument, tool: ToolSpec, at: Path, report: Report): void {
  const { http, webhook, adapter, internal } = tool;
  if (http !== undefined) {
    checkUrl(http, [...at, 'http', 'url'], report);
    checkHttp(document, tool, http, at, report);
    checkHeaders(http.headers, [...at, 'http', 'headers'], report);
  }
  if (webhook !== undefined) {
    const path = [...at, 'webhook', 'url'];
    checkUrl(webhook, path, report);
    if (placeholdersOf(webhook.url).length > 0) report(path, 'takes no {names}; use the body');
    checkHeaders(webhook.headers, [...at, 'webhook', 'headers'], report);
    checkFilled(document, tool, webhook.body, [...at, 'webhook', 'body'], report);
  }
  if (adapter !== undefined) {
    checkOperation(tool, adapter, Object.keys(adapterOperations(adapter.name)), [...at, 'adapter'], report);
    checkFilled(document, tool, adapter.with, [...at, 'adapter', 'with'], report);
  }
  if (internal !== undefined) {
    checkOperation(tool, internal, Object.keys(INTERNAL_OPERATIONS), [...at, 'internal'], report);
    checkFilled(document, tool, internal.with, [...at, 'internal', 'with'], report);
  }
}

/** What an operation is asked for has to be what it takes. */
function checkOperation(
  tool: ToolSpec,
  asked: { readonly operation: string; readonly with?: Readonly<Record<string, unknown>> | undefined },
  known: readonly string[],
  at: Path,
  report: Report,
): void {
  const operation = operationOf(tool);
  if (operation === undefined) {
    report([...at, 'operation'], `there is no ${asked.operation}; one of ${known.join(', ')} is needed`);
    return;
  }
  const given = Object.keys(asked.with ?? tool.parameters);
  const from = asked.with === undefined ? 'add a parameter of that name, or with' : 'add it';
  for (const name of operation.needs) {
    if (!given.includes(name)) report(at, `${asked.operation} needs ${name}; ${from}`);
    else if (asked.with === undefined && tool.parameters[name]?.optional === true)
      report(at, `${asked.operation} needs ${name}, which is optional here`);
  }
  const taken = [...operation.needs, ...operation.may];
  for (const name of given) {
    if (!taken.includes(name))
      report(at, `${asked.operation} takes no ${name}; one of ${taken.join(', ')} is meant, or say with`);
  }
}

/** Names in JSON that is filled in; without it the parameters are sent. */
function checkFilled(
  document: WorkflowDocument,
  { parameters }: ToolSpec,
  template: unknown,
  path: Path,
  report: Report,
): void {
  if (template === undefined) return;
  const names = textsOf(template).flatMap(placeholdersOf);
  reportUnknown(document, parameters, names, path, report);
  for (const name of Object.keys(parameters)) {
    if (!names.includes(name)) report(path, `the parameter ${name} is sent nowhere; put {${name}} in`);
  }
}

function reportUnknown(
  document: WorkflowDocument,
  parameters: ToolSpec['parameters'],
  names: readonly string[],
  path: Path,
  report: Report,
): void {
  for (const name of names) {
    if (!Object.hasOwn(parameters, name) && !Object.hasOwn(document.slots, name))
      report(path, `there is no parameter and no slot ${name}; add it`);
  }
}

function checkUrl({ url, insecure }: Pick<Http, 'url' | 'insecure'>, path: Path, report: Report): void {
  const parts = urlParts(url);
  if (parts === undefined) {
    report(
      path,
      'must be https://HOST/PATH, with {names} in path and query only, and nothing like user@ or #',
    );
    return;
  }
  const { protocol, hostname } = new URL(parts.origin);
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol === 'http:' && !isHere && !insecure)
    report(path, 'must be https; where the other end has none, say insecure: true');
}

function checkHttp(
  document: WorkflowDocument,
  { parameters }: ToolSpec,
  http: Http,
  at: Path,
  report: Report,
): void {
  const { path = '', query = [] } = urlParts(http.url) ?? {};
  const inBody = textsOf(http.body ?? {}).flatMap(placeholdersOf);
  const url = [...placeholdersOf(path), ...query.flatMap(placeholdersOf)];
  reportUnknown(document, parameters, url, [...at, 'http', 'url'], report);
  reportUnknown(document, parameters, inBody, [...at, 'http', 'body'], report);
  for (const name of placeholdersOf(path)) {
    if (Object.hasOwn(parameters, name) && parameters[name]?.optional)
      report([...at, 'http', 'url'], `${name} is optional; put it into the query`);
  }
  const hasBody = http.method !== 'GET' && http.method !== 'DELETE';
  if (http.body !== undefined && !hasBody)
    report([...at, 'http', 'body'], `a ${http.method} has none; use the query`);
  if (hasBody && http.body === undefined) return;
  for (const name of Object.keys(parameters)) {
    if (!url.includes(name) && !inBody.includes(name))
      report(
        [...at, 'parameters', name],
        `is sent nowhere; put {${name}} into the url${hasBody ? ' or the body' : ''}`,
      );
  }
}

function checkHeaders(headers: Http['headers'], path: Path, report: Report): void {
  const seen = new Set<string>();
  for (const [name, header] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (OWN_HEADERS.has(lower)) report([...path, name], 'is made by the engine; remove it');
    if (seen.has(lower)) report([...path, name], 'is there twice; remove one');
    if (typeof header === 'string' && placeholdersOf(header).length > 0)
      report([...path, name], 'headers take no {names}; use the url or the body');
    seen.add(lower);
  }
}

function checkParameters({ parameters }: ToolSpec, path: Path, report: Report): void {
  for (const [name, parameter] of Object.entries(parameters)) {
    if (isEmpty(parameter) || (parameter.type === 'array' && isEmpty(parameter.items)))
      report([...path, name], 'takes nothing; its least must not be above its most');
  }
}

function isEmpty(property: ToolParameter | Extract<ToolParameter, { type: 'array' }>['items']): boolean {
  if (property.type === 'string') return (property.minLength ?? 0) > property.maxLength;
  if (property.type === 'boolean' || property.type === 'array') return false;
  return (property.minimum ?? -Infinity) > (property.maximum ?? Infinity);
}

function checkOffers(document: WorkflowDocument, report: Report): void {
  const { stages, tools } = document;
  for (const [stage, spec] of Object.entries(stages)) {
    if (spec.kind !== 'talk') continue;
    for (const [index, name] of spec.tools.entries()) {
      if (!Object.hasOwn(tools, name))
        report(['stages', stage, 'tools', index], `there is no tool ${name}; add it under tools`);
    }
  }
  const used = usedTools(document);
  for (const name of Object.keys(tools)) {
    if (!used.has(name))
      report(['tools', name], 'no stage uses it; name it in the tools of a talk or in an act, or remove it');
  }
}

/** All texts in a piece of JSON. */
function textsOf(json: unknown): readonly string[] {
  if (typeof json === 'string') return [json];
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(textsOf) : [];
}
