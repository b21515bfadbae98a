import { isIPv6 } from 'node:net';
import { SIP_LIMITS } from '../limits.ts';
import { SipFormatError } from './errors.ts';
import { type Param, type Params, paramValue } from './params.ts';
import { parseNumber } from './syntax.ts';

/** A SIP or SIPS URI (RFC 3261 §19.1.1). Parts are as written, escapes (`%HH`) included. */
export interface SipUri {
  readonly kind: 'sip';
  readonly scheme: 'sip' | 'sips';
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Host name, IPv4 address, or IPv6 reference in its brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly params: Params;
  /** Header fields behind `?`. */
  readonly headers: Params;
}

/** A telephone number (RFC 3966). */
export interface TelUri {
  readonly kind: 'tel';
  readonly scheme: 'tel';
  /** As written: `+` for a global number, visual separators included. */
  readonly number: string;
  readonly params: Params;
}

/** Any other URI, not looked into. */
interface OtherUri {
  readonly kind: 'other';
  readonly scheme: string;
  readonly opaque: string;
}

export type Uri = SipUri | TelUri | OtherUri;

// `user-unreserved` of §25.1; `#` should be escaped there, but phones dial `*72#` without.
const USER = /^[A-Za-z0-9\-_.!~*'()&=+$,;?/%#]+$/;
const PASSWORD = /^[A-Za-z0-9\-_.!~*'()&=+$,%]*$/;
const HOST_PORT = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::(\d{1,5}))?(;[^?]*)?(?:\?(.*))?$/;
const HOST = /^[A-Za-z0-9_.-]+$/;
const PARAM_PART = /^[A-Za-z0-9\-_.!~*'()[\]/:&+$%]+$/;
const HEADER_NAME = /^[A-Za-z0-9\-_.!~*'()[\]/?:+$%]+$/;
const HEADER_VALUE = /^[A-Za-z0-9\-_.!~*'()[\]/?:+$%]*$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const TEL_NUMBER = /^\+?[0-9A-Fa-f*#().-]+$/;
const PRINTABLE = /^[\x21-\x7e]+$/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/** `host` of §25.1: a name, an IPv4 address or an IPv6 reference. */
export function isHost(host: string): boolean {
  return host.startsWith('[') ? host.endsWith(']') && isIPv6(host.slice(1, -1)) : HOST.test(host);
}

function parsePairs(text: string, cut: ';' | '&', name: RegExp, value: RegExp): Params | undefined {
  const most = cut === ';' ? SIP_LIMITS.parameters : SIP_LIMITS.uriHeaders;
  const parts = text.split(cut, most + 1);
  if (parts.length > most) return undefined;
  const pairs: Param[] = [];
  for (const part of parts) {
    const equals = part.indexOf('=');
    const pair = {
      name: equals < 0 ? part : part.slice(0, equals),
      value: equals < 0 ? undefined : part.slice(equals + 1),
    };
    if (!name.test(pair.name) || (pair.value !== undefined && !value.test(pair.value))) return undefined;
    pairs.push(pair);
  }
  return pairs;
}

function parseSipUri(scheme: 'sip' | 'sips', rest: string): SipUri | undefined {
  // A user part may hold `;` and `?`, so the first `@` decides (§25.1 allows no other one unescaped).
  const at = rest.indexOf('@');
  const userinfo = at < 0 ? undefined : rest.slice(0, at);
  const colon = userinfo?.indexOf(':') ?? -1;
  const user = colon < 0 ? userinfo : userinfo?.slice(0, colon);
  const password = colon < 0 ? undefined : userinfo?.slice(colon + 1);
  if (user !== undefined && !USER.test(user)) return undefined;
  if (password !== undefined && !PASSWORD.test(password)) return undefined;
  const [, host, portText, paramText, headerText] = HOST_PORT.exec(rest.slice(at + 1)) ?? [];
  if (host === undefined || !isHost(host)) return undefined;
  const port = portText === undefined ? undefined : parseNumber(portText, 65_535);
  if (portText !== undefined && !port) return undefined;
  const params = paramText === undefined ? [] : parsePairs(paramText.slice(1), ';', PARAM_PART, PARAM_PART);
  const headers = headerText === undefined ? [] : parsePairs(headerText, '&', HEADER_NAME, HEADER_VALUE);
  if (params === undefined || headers === undefined) return undefined;
  return { kind: 'sip', scheme, user, password, host, port, params, headers };
}

function parseTelUri(rest: string): TelUri | undefined {
  const cut = rest.indexOf(';');
  const number = cut < 0 ? rest : rest.slice(0, cut);
  const params = cut < 0 ? [] : parsePairs(rest.slice(cut + 1), ';', PARAM_PART, PARAM_PART);
  return TEL_NUMBER.test(number) && /\d|[*#]/.test(number) && params !== undefined
    ? { kind: 'tel', scheme: 'tel', number, params }
    : undefined;
}

/**
 * Reads one URI without brackets around it; `undefined` for what no URI can be: blanks, controls, `<>"`, broken
 * escapes, a bad host or port, or more than its limits. Unknown schemes are read as `other`.
 */
export function parseUri(text: string): Uri | undefined {
  if (text.length > SIP_LIMITS.uriBytes || !PRINTABLE.test(text) || /[<>"]/.test(text)) return undefined;
  if (BAD_ESCAPE.test(text)) return undefined;
  const colon = text.indexOf(':');
  const scheme = text.slice(0, Math.max(colon, 0)).toLowerCase();
  const rest = text.slice(colon + 1);
  if (!SCHEME.test(scheme) || rest === '') return undefined;
  if (scheme === 'sip' || scheme === 'sips') return parseSipUri(scheme, rest);
  return scheme === 'tel' ? parseTelUri(rest) : { kind: 'other', scheme, opaque: rest };
}

function formatPairs(pairs: Params, first: string, next: string): string {
  return pairs
    .map(({ name, value }, at) => {
      const pair = value === undefined ? name : `${name}=${value}`;
      return `${at === 0 ? first : next}${pair}`;
    })
    .join('');
}

function isWritable(uri: Uri): boolean {
  if (uri.kind === 'other') return SCHEME.test(uri.scheme);
  if (uri.params.some(({ name, value = '0' }) => !(PARAM_PART.test(name) && PARAM_PART.test(value))))
    return false;
  if (uri.kind === 'tel') return TEL_NUMBER.test(uri.number);
  const { user, password, host, headers } = uri;
  return (
    (user === undefined ? password === undefined : USER.test(user)) &&
    (password === undefined || PASSWORD.test(password)) &&
    isHost(host) &&
    headers.every(({ name, value = '' }) => HEADER_NAME.test(name) && HEADER_VALUE.test(value))
  );
}

function joinUri(uri: Uri): string {
  if (uri.kind === 'other') return `${uri.scheme}:${uri.opaque}`;
  const params = formatPairs(uri.params, ';', ';');
  if (uri.kind === 'tel') return `tel:${uri.number}${params}`;
  const { scheme, user, password, host, port, headers } = uri;
  const userinfo = user === undefined ? '' : `${user}${password === undefined ? '' : `:${password}`}@`;
  return `${scheme}:${userinfo}${host}${port === undefined ? '' : `:${port}`}${params}${formatPairs(headers, '?', '&')}`;
}

/** Writes a URI. Throws SipFormatError for parts with characters that their place does not allow. */
export function formatUri(uri: Uri): string {
  const text = joinUri(uri);
  if (!isWritable(uri) || !PRINTABLE.test(text) || /[<>"]/.test(text) || BAD_ESCAPE.test(text))
    throw new SipFormatError('a URI that cannot be written');
  return text;
}

/** Any text as the user part of a SIP URI, escaped where §25.1 asks for it. */
export function escapeUser(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%(?:26|3D|2B|24|2C|3B|3F|2F)/g, decodeURIComponent);
}

/** What an escaped part says; as written where the escapes are not UTF-8. */
export function unescapeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether the URI asks for a transport (`;transport=tcp`), in lower case. */
export function uriTransport(uri: SipUri): string | undefined {
  return paramValue(uri.params, 'transport')?.toLowerCase();
}
