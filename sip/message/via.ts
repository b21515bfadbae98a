import { SipFormatError } from './errors.ts';
import { formatParams, type Params, paramValue, parseParams } from './params.ts';
import { isToken, parseNumber, splitOutside } from './syntax.ts';
import { isHost } from './uri.ts';

/** One Via value (RFC 3261 §20.42): where a response goes, hop by hop. */
export interface Via {
  /** In capitals: UDP, TCP, TLS, SCTP, or what the peer wrote. */
  readonly transport: string;
  /** sent-by: host name, IPv4 address, or IPv6 reference in its brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly params: Params;
}

const VALUE =
  /^SIP\s*\/\s*2\.0\s*\/\s*([^\s/;]+)\s+(\[[^\]\s]+\]|[^\s:;[\]]+)(?:\s*:\s*(\d{1,5}))?\s*(;.*)?$/is;

/** Reads one Via value; `undefined` for anything but SIP/2.0 over some transport. */
export function parseVia(text: string): Via | undefined {
  const [, transport = '', rawHost = '', portText, paramText = ''] = VALUE.exec(text.trim()) ?? [];
  // A bare IPv6 address is against the grammar, but is not seen in sent-by either: its colons end the match.
  if (!isToken(transport) || !isHost(rawHost)) return undefined;
  const port = portText === undefined ? undefined : parseNumber(portText, 65_535);
  const params = parseParams(paramText);
  if ((portText !== undefined && !port) || params === undefined) return undefined;
  return { transport: transport.toUpperCase(), host: rawHost, port, params };
}

/** Reads a list of Via values; `undefined` when one is wrong or missing. */
export function parseVias(text: string): Via[] | undefined {
  const parsed = splitOutside(text, ',')?.map(parseVia);
  return parsed?.every(via => via !== undefined) ? parsed : undefined;
}

/** Writes one value. Throws SipFormatError when a part cannot be written. */
export function formatVia({ transport, host, port, params }: Via): string {
  if (!isToken(transport) || !isHost(host)) throw new SipFormatError('a Via that cannot be written');
  return `SIP/2.0/${transport} ${host}${port === undefined ? '' : `:${port}`}${formatParams(params)}`;
}

/** The branch parameter; RFC 2543 peers send none. */
export function branchOf(via: Via): string | undefined {
  return paramValue(via.params, 'branch');
}

/** sent-by in one spelling, for comparison (§17.2.3): lower case, with the port that is meant. */
export function sentBy({ transport, host, port }: Via): string {
  return `${host.toLowerCase()}:${port ?? (transport === 'TLS' ? 5061 : 5060)}`;
}
