/** SIP messages (RFC 3261 §7 and §25) as far as a user agent over UDP needs them. */

export interface SipHeader {
  readonly name: string;
  readonly value: string;
}

interface SipParts {
  readonly headers: readonly SipHeader[];
  readonly body: string;
}

export interface SipRequest extends SipParts {
  readonly type: 'request';
  readonly method: string;
  readonly uri: string;
}

export interface SipResponse extends SipParts {
  readonly type: 'response';
  readonly status: number;
  readonly reason: string;
}

export type SipMessage = SipRequest | SipResponse;

const MAX_HEADERS = 256;
const MAX_LINE = 8192;
const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const COMPACT: Readonly<Record<string, string>> = {
  c: 'content-type',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  v: 'via',
  x: 'session-expires',
};
/** Fields that hold lists; a comma in any other is text. */
const LISTS = new Set(['via', 'route', 'record-route', 'contact', 'allow', 'supported', 'require']);

/** Undefined for whatever is no whole SIP message: garbage, keep-alives, a body shorter than it says. */
export function parseSip(datagram: Uint8Array): SipMessage | undefined {
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const lines = bytes
    .toString('utf8', 0, headEnd)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const start = parseStartLine(lines.shift() ?? '');
  if (start === undefined || lines.length > MAX_HEADERS) return undefined;
  const headers: SipHeader[] = [];
  for (const line of lines) {
    const header = parseHeader(line);
    if (header === undefined) return undefined;
    headers.push(...header);
  }
  const rest = bytes.subarray(headEnd + 4);
  const length = Number(headerOf({ headers }, 'content-length') ?? rest.length);
  if (!Number.isInteger(length) || length < 0 || length > rest.length) return undefined;
  return { ...start, headers, body: rest.toString('utf8', 0, length) };
}

type StartLine = Omit<SipRequest, keyof SipParts> | Omit<SipResponse, keyof SipParts>;

function parseStartLine(line: string): StartLine | undefined {
  const response = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/.exec(line);
  if (response !== null) {
    // Shown to people: no control characters of others on their terminals.
    const reason = (response[2] ?? '').replaceAll(/\p{Cc}/gu, '?');
    return { type: 'response', status: Number(response[1]), reason };
  }
  const request = /^(\S+) (\S+) SIP\/2\.0$/.exec(line);
  if (request === null || !TOKEN.test(request[1]!)) return undefined;
  return { type: 'request', method: request[1]!, uri: request[2]! };
}

function parseHeader(line: string): SipHeader[] | undefined {
  if (line.length > MAX_LINE) return undefined;
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
  if (!TOKEN.test(name)) return undefined;
  const full = COMPACT[name] ?? name;
  const value = line.slice(colon + 1).trim();
  const values = LISTS.has(full) ? splitList(value) : [value];
  return values.map(one => ({ name: full, value: one }));
}

/** Splits at commas outside quotes and angle brackets. */
function splitList(value: string): string[] {
  const items = value.match(/(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,"<]|["<])+/g) ?? [];
  return items.map(item => item.trim()).filter(item => item !== '');
}

/** Field names go out as they are given, a body with its type and length. Line breaks never leave a value. */
export function formatSip(message: SipMessage): Buffer {
  const start =
    message.type === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  const lines = [start, ...message.headers.map(({ name, value }) => `${name}: ${value}`)];
  lines.push(`Content-Length: ${Buffer.byteLength(message.body)}`);
  return Buffer.from(
    `${lines.map(line => line.replace(/[\r\n]+/g, ' ')).join('\r\n')}\r\n\r\n${message.body}`,
  );
}

/** The first field of that (lower-case) name. */
export function headerOf({ headers }: Pick<SipParts, 'headers'>, name: string): string | undefined {
  return headers.find(header => header.name.toLowerCase() === name)?.value;
}

export function headersOf({ headers }: Pick<SipParts, 'headers'>, name: string): string[] {
  return headers.filter(header => header.name.toLowerCase() === name).map(({ value }) => value);
}

export interface CommandSequence {
  readonly number: number;
  readonly method: string;
}

export function parseCSeq(value: string | undefined): CommandSequence | undefined {
  const match = /^(\d{1,10})\s+(\S+)$/.exec(value ?? '');
  if (match === null || Number(match[1]) >= 2 ** 31) return undefined;
  return { number: Number(match[1]), method: match[2]! };
}

/** A parameter after the address or value: `;tag=x`, `;branch="y"`. */
export function parameterOf(value: string, name: string): string | undefined {
  const afterAddress = value.slice(value.lastIndexOf('>') + 1);
  const match = new RegExp(
    `;\\s*${name}\\s*(?:=\\s*("(?:\\\\.|[^"\\\\])*"|[^;,\\s]*))?(?=\\s*(?:;|$))`,
    'i',
  ).exec(afterAddress);
  return match === null ? undefined : (match[1] ?? '').replace(/^"|"$/g, '');
}

/** The URI of a From, To, Contact or Route field. */
export function uriOf(value: string): string | undefined {
  const bracketed = /<([^>]*)>/.exec(value);
  const uri = bracketed?.[1] ?? value.split(';')[0]!;
  return uri.trim() === '' ? undefined : uri.trim();
}
