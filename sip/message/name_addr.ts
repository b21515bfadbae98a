import { SipFormatError } from './errors.ts';
import { formatParams, NO_PARAMS, type Params, paramValue, parseParams, withParam } from './params.ts';
import { isFieldText, quote, quotedLength, splitOutside, unquote } from './syntax.ts';
import { formatUri, parseUri, type Uri } from './uri.ts';

/** `name-addr` or `addr-spec` with the parameters behind it: From, To, Contact, Route, Record-Route and the like. */
export interface NameAddr {
  /** What the display name says, without quotes or escapes. */
  readonly displayName?: string | undefined;
  readonly uri: Uri;
  /** Header parameters (`;tag=…`), not those of the URI. */
  readonly params: Params;
}

// Tokens by the grammar; what peers leave unquoted all the same is taken where nothing else could be meant.
const LOOSE_NAME = /^[^",;<>\\]*$/;

/**
 * Reads one value (RFC 3261 §20.10): parameters behind an `addr-spec` without brackets belong to the header, and such a
 * URI may hold no `?` and no `,`. `undefined` for anything else.
 */
export function parseNameAddr(text: string): NameAddr | undefined {
  const value = text.trim();
  const quoted = quotedLength(value);
  const open = value.indexOf('<', quoted);
  if (quoted === 0 && value.startsWith('"')) return undefined;
  if (open < 0) return quoted === 0 ? parseAddrSpec(value) : undefined;
  const name = quoted === 0 ? value.slice(0, open).trim() : value.slice(0, quoted);
  const between = quoted === 0 ? '' : value.slice(quoted, open).trim();
  // A `;` before the bracket is a parameter whose value holds it: `sip:a@b;x="<"` has no name-addr.
  if (quoted === 0 && name.includes(';')) return parseAddrSpec(value);
  const close = value.indexOf('>', open);
  if (close < 0 || between !== '' || (quoted === 0 && !LOOSE_NAME.test(name))) return undefined;
  const uri = parseUri(value.slice(open + 1, close));
  const params = parseParams(value.slice(close + 1));
  if (uri === undefined || params === undefined) return undefined;
  return name === '' ? { uri, params } : { displayName: unquote(name), uri, params };
}

function parseAddrSpec(value: string): NameAddr | undefined {
  const cut = value.indexOf(';');
  const spec = cut < 0 ? value : value.slice(0, cut).trimEnd();
  if (/[?,]/.test(spec)) return undefined;
  const uri = parseUri(spec);
  const params = cut < 0 ? NO_PARAMS : parseParams(value.slice(cut));
  return uri === undefined || params === undefined ? undefined : { uri, params };
}

/** Reads a list of values (`Contact: a, b`); `undefined` when one is wrong or missing. */
export function parseNameAddrs(text: string): NameAddr[] | undefined {
  const parsed = splitOutside(text, ',')?.map(parseNameAddr);
  return parsed?.every(value => value !== undefined) ? parsed : undefined;
}

/**
 * Writes one value, always with brackets, so that parameters stay on their side. Throws SipFormatError for a display
 * name with CR or LF, and for a URI or parameter that cannot be written.
 */
export function formatNameAddr({ displayName, uri, params }: NameAddr): string {
  const name = displayName === undefined ? '' : `${quote(displayName)} `;
  if (!isFieldText(name)) throw new SipFormatError('a display name with a line break');
  return `${name}<${formatUri(uri)}>${formatParams(params)}`;
}

/** Tag of a From or To (§19.3); `undefined` when there is none. */
export function tagOf(address: NameAddr): string | undefined {
  return paramValue(address.params, 'tag');
}

/** The same address with this tag. */
export function withTag(address: NameAddr, tag: string): NameAddr {
  return { ...address, params: withParam(address.params, 'tag', tag) };
}
