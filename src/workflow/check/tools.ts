import { stepsOf } from '../act_steps.ts';
import type { WorkflowDocument } from '../schema.ts';
import { placeholdersOf } from '../speak/template.ts';
import type { ToolParameter, ToolSpec } from '../tool_schema.ts';
import { urlParts } from '../tool_url.ts';
import { WAY_TOOL } from '../tools.ts';
import type { Path, Report } from './report.ts';

/** Headers that are made here, or would change what a request is (RFC 9110 §7.6.1, RFC 9112). */
const OWN_HEADERS = new Set(
  'host content-length content-type transfer-encoding connection keep-alive upgrade te trailer expect idempotency-key'.split(
    ' ',
  ),
);

/** What the schema can't see of tools: where they may reach, and names that lead nowhere. */
export function checkTools(document: WorkflowDocument, report: Report): void {
  for (const [name, tool] of Object.entries(document.tools)) {
    const at = ['tools', name];
    if (name === WAY_TOOL) report(at, `${WAY_TOOL} is how a model leaves a stage; call it otherwise`);
    checkUrl(tool, [...at, 'http', 'url'], report);
    checkPlaceholders(document, tool, at, report);
    checkHeaders(tool, [...at, 'http', 'headers'], report);
    checkParameters(document, tool, [...at, 'parameters'], report);
    const isIdempotent = tool.idempotent ?? tool.http.method === 'GET';
    if (tool.retries > 0 && !isIdempotent && !tool.keyed)
      report([...at, 'retries'], 'only what is idempotent or keyed is tried again; say so, or remove it');
    for (const slot of Object.keys(tool.saves)) {
      if (!Object.hasOwn(document.slots, slot))
        report([...at, 'saves', slot], `there is no slot ${slot}; add it under slots`);
    }
  }
  checkOffers(document, report);
}

function checkUrl({ http }: ToolSpec, path: Path, report: Report): void {
  const parts = urlParts(http.url);
  if (parts === undefined) {
    report(
      path,
      'must be https://HOST/PATH, with {names} in path and query only, and nothing like user@ or #',
    );
    return;
  }
  const { protocol, hostname } = new URL(parts.origin);
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol === 'http:' && !isHere && !http.insecure)
    report(path, 'must be https; where the other end has none, say insecure: true');
}

function checkPlaceholders(
  document: WorkflowDocument,
  { parameters, http }: ToolSpec,
  at: Path,
  report: Report,
): void {
  const { path = '', query = [] } = urlParts(http.url) ?? {};
  const inBody = textsOf(http.body ?? {}).flatMap(placeholdersOf);
  const url = [...placeholdersOf(path), ...query.flatMap(placeholdersOf)];
  for (const [place, names] of [
    ['url', url],
    ['body', inBody],
  ] as const) {
    for (const name of names) {
      if (!Object.hasOwn(parameters, name) && !Object.hasOwn(document.slots, name))
        report([...at, 'http', place], `there is no parameter and no slot ${name}; add it`);
    }
  }
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

function checkHeaders({ http }: ToolSpec, path: Path, report: Report): void {
  const seen = new Set<string>();
  for (const [name, header] of Object.entries(http.headers)) {
    const lower = name.toLowerCase();
    if (OWN_HEADERS.has(lower)) report([...path, name], 'is made by the engine; remove it');
    if (seen.has(lower)) report([...path, name], 'is there twice; remove one');
    if (typeof header === 'string' && placeholdersOf(header).length > 0)
      report([...path, name], 'headers take no {names}; use the url or the body');
    seen.add(lower);
  }
}

function checkParameters(
  document: WorkflowDocument,
  { parameters }: ToolSpec,
  path: Path,
  report: Report,
): void {
  for (const [name, parameter] of Object.entries(parameters)) {
    if (Object.hasOwn(document.slots, name)) report([...path, name], 'is a slot as well; call it otherwise');
    if (isEmpty(parameter) || (parameter.type === 'array' && isEmpty(parameter.items)))
      report([...path, name], 'takes nothing; its least must not be above its most');
  }
}

function isEmpty(property: ToolParameter | Extract<ToolParameter, { type: 'array' }>['items']): boolean {
  if (property.type === 'string') return (property.minLength ?? 0) > property.maxLength;
  if (property.type === 'boolean' || property.type === 'array') return false;
  return (property.minimum ?? -Infinity) > (property.maximum ?? Infinity);
}

function checkOffers({ stages, tools }: WorkflowDocument, report: Report): void {
  const offered = new Set<string>();
  for (const [stage, spec] of Object.entries(stages)) {
    if (spec.kind === 'act') for (const { tool } of stepsOf(spec)) use(tools, tool, offered);
    if (spec.kind !== 'talk') continue;
    for (const [index, name] of spec.tools.entries()) {
      offered.add(name);
      if (!Object.hasOwn(tools, name))
        report(['stages', stage, 'tools', index], `there is no tool ${name}; add it under tools`);
    }
  }
  for (const name of Object.keys(tools)) {
    if (!offered.has(name))
      report(['tools', name], 'no stage uses it; name it in the tools of a talk or in an act, or remove it');
  }
}

/** A tool with what undoes it. */
function use(tools: WorkflowDocument['tools'], name: string, offered: Set<string>): void {
  const undo = Object.hasOwn(tools, name) ? tools[name]?.compensate?.tool : undefined;
  offered.add(name);
  if (undo !== undefined) offered.add(undo);
}

/** All texts in a piece of JSON. */
function textsOf(json: unknown): readonly string[] {
  if (typeof json === 'string') return [json];
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(textsOf) : [];
}
