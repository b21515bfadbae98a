import { SIP_LIMITS } from '../limits.ts';
import { SipFormatError } from './errors.ts';
import { isFieldText, isToken, quotedLength, splitOutside } from './syntax.ts';

/** One parameter; `value` is as written (quotes included), or `undefined` when there is no `=`. */
export interface Param {
  readonly name: string;
  readonly value: string | undefined;
}

/** Parameters in their order (RFC 3261 §7.3.1); names are compared without case. */
export type Params = readonly Param[];

export const NO_PARAMS: Params = [];

/** More than token, host and quoted string: also `=` and the like, which peers write into branches and cookies. */
const LOOSE_VALUE = /^[^\s";,<>]+$/;

function isParamValue(value: string): boolean {
  return LOOSE_VALUE.test(value) || (value.length > 1 && quotedLength(value) === value.length);
}

/** Reads `;name=value;name…` (`generic-param`); `undefined` when it is anything else. Empty text has none. */
export function parseParams(text: string): Params | undefined {
  const rest = text.trim();
  if (rest === '') return NO_PARAMS;
  if (!rest.startsWith(';')) return undefined;
  const parts = splitOutside(rest.slice(1), ';');
  if (parts === undefined || parts.length > SIP_LIMITS.parameters) return undefined;
  const params: Param[] = [];
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trimEnd();
    const value = equals < 0 ? undefined : part.slice(equals + 1).trimStart();
    if (!isToken(name) || (value !== undefined && !isParamValue(value))) return undefined;
    params.push({ name, value });
  }
  return params;
}

/** Writes `;name=value…`. Throws SipFormatError for a name or value that would not read back as the same parameter. */
export function formatParams(params: Params): string {
  let text = '';
  for (const { name, value } of params) {
    if (!isToken(name) || (value !== undefined && !(isParamValue(value) && isFieldText(value))))
      throw new SipFormatError('a parameter that cannot be written');
    text += value === undefined ? `;${name}` : `;${name}=${value}`;
  }
  return text;
}

function named(params: Params, name: string): Param | undefined {
  for (const param of params)
    if (param.name.length === name.length && param.name.toLowerCase() === name) return param;
  return undefined;
}

/** Value of a parameter; `undefined` when it is absent or has none. `name` in lower case. */
export function paramValue(params: Params, name: string): string | undefined {
  return named(params, name)?.value;
}

/** Whether a parameter is there, with a value or without (`;lr`). `name` in lower case. */
export function hasParam(params: Params, name: string): boolean {
  return named(params, name) !== undefined;
}

/** The same parameters with this one set: in its old place, or last. `name` in lower case. */
export function withParam(params: Params, name: string, value: string | undefined): Params {
  if (!hasParam(params, name)) return [...params, { name, value }];
  return params.map(param => (param.name.toLowerCase() === name ? { name: param.name, value } : param));
}
