import { hasParam, type Params } from './params.ts';
import type { SipUri, TelUri, Uri } from './uri.ts';

/** Parameters that, when only one URI has them, make two URIs differ (RFC 3261 §19.1.4, its examples for transport). */
const NEVER_IGNORED = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** Characters of the `reserved` set stay different from their escapes (§19.1.4). */
const RESERVED = new Set(';/?:@&=+$,');

/** One spelling for equal texts: escapes of unreserved characters are read, all others in capitals. */
function plain(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (escaped, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return char > ' ' && char < '\x7f' && char !== '%' && !RESERVED.has(char) ? char : escaped.toUpperCase();
  });
}

function plainLower(text: string): string {
  return plain(text).toLowerCase();
}

function byName(params: Params): Map<string, string> {
  return new Map(params.map(({ name, value }) => [plainLower(name), plainLower(value ?? '')]));
}

function sameParams(a: Params, b: Params): boolean {
  const left = byName(a);
  const right = byName(b);
  for (const name of NEVER_IGNORED) if (left.has(name) !== right.has(name)) return false;
  for (const [name, value] of left) {
    const other = right.get(name);
    if (other !== undefined && other !== value) return false;
  }
  return true;
}

function spelledHeaders(headers: Params): string {
  const lines = headers.map(({ name, value }) => `${plainLower(name)}=${plain(value ?? '')}`);
  return lines.toSorted().join('&');
}

/** Header fields are never ignored; their order does not matter, their count does. */
function sameHeaders(a: Params, b: Params): boolean {
  return a.length === b.length && spelledHeaders(a) === spelledHeaders(b);
}

function sameSipUri(a: SipUri, b: SipUri): boolean {
  return (
    a.scheme === b.scheme &&
    plain(a.user ?? '\0') === plain(b.user ?? '\0') &&
    plain(a.password ?? '\0') === plain(b.password ?? '\0') &&
    a.host.toLowerCase() === b.host.toLowerCase() &&
    a.port === b.port &&
    sameParams(a.params, b.params) &&
    sameHeaders(a.headers, b.headers)
  );
}

function digitsOf({ number }: TelUri): string {
  return number.replace(/[-.()]/g, '').toLowerCase();
}

/** RFC 3966 §5: digits count, visual separators do not; every parameter must be in both. */
function sameTelUri(a: TelUri, b: TelUri): boolean {
  const left = byName(a.params);
  const right = byName(b.params);
  return (
    digitsOf(a) === digitsOf(b) &&
    left.size === right.size &&
    [...left].every(([name, value]) => right.get(name) === value)
  );
}

/** Whether two URIs are equivalent: RFC 3261 §19.1.4 for SIP and SIPS, RFC 3966 §5 for tel, spelling for others. */
export function sameUri(a: Uri, b: Uri): boolean {
  if (a.kind === 'sip' && b.kind === 'sip') return sameSipUri(a, b);
  if (a.kind === 'tel' && b.kind === 'tel') return sameTelUri(a, b);
  return a.kind === 'other' && b.kind === 'other' && a.scheme === b.scheme && a.opaque === b.opaque;
}

/** Whether a route is loose (`;lr`, §16.12.1): the Request-URI stays the remote target. */
export function isLooseRoute(uri: Uri): boolean {
  return uri.kind === 'sip' && hasParam(uri.params, 'lr');
}
