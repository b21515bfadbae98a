import { formatNameAddr, parseNameAddr } from '../../../sip/message/name_addr.ts';
import type { Params } from '../../../sip/message/params.ts';
import { splitOutside } from '../../../sip/message/syntax.ts';
import { formatUri, parseUri, type SipUri, unescapeUri } from '../../../sip/message/uri.ts';
import { MASKED, type Pseudonyms } from './pseudonyms.ts';

/** Parameters that say how, not who (RFC 3261 §19.1.1, RFC 5626; `ftag`, `did` and `nat` are proxies' own). */
const URI_PARAMS = new Set('transport user method ttl maddr lr ob ftag did nat r2 comp'.split(' '));
const ADDRESS_PARAMS = new Set(
  'tag q expires lr reg-id index rc mp np reason counter limit screen privacy party'.split(' '),
);

/** The same parameters, with the values of those that are not known to be harmless masked. */
export function maskParams(params: Params, harmless: ReadonlySet<string>): Params {
  return params.map(({ name, value }) => {
    const isKept = value === undefined || harmless.has(name.toLowerCase());
    return { name, value: isKept ? value : MASKED };
  });
}

function maskSipUri(uri: SipUri, names: Pseudonyms): SipUri {
  // What follows a `;` within a user part can name a number once more (RFC 4694).
  const user = uri.user === undefined ? undefined : (unescapeUri(uri.user).split(';', 1)[0] ?? '');
  return {
    ...uri,
    user: user === undefined ? undefined : names.party('user', user),
    password: uri.password === undefined ? undefined : MASKED,
    params: maskParams(uri.params, URI_PARAMS),
    headers: uri.headers.map(({ name }) => ({ name, value: MASKED })),
  };
}

/** A URI (without brackets) that names nobody: users and numbers under pseudonyms, hosts as they are. */
export function maskUri(text: string, names: Pseudonyms): string {
  const uri = parseUri(text);
  if (uri === undefined) return MASKED;
  if (uri.kind === 'sip') return formatUri(maskSipUri(uri, names));
  if (uri.kind === 'tel')
    return formatUri({ ...uri, number: names.number(uri.number), params: maskParams(uri.params, new Set()) });
  return /^service:/i.test(uri.opaque) && uri.scheme === 'urn' ? text : `${uri.scheme}:${MASKED}`;
}

/** A header's addresses (`name-addr` or `addr-spec`), one or several. */
export function maskAddresses(value: string, names: Pseudonyms): string {
  const parts = splitOutside(value, ',');
  return parts?.map(part => (part === '*' ? part : maskAddress(part, names))).join(', ') ?? MASKED;
}

function maskAddress(text: string, names: Pseudonyms): string {
  const address = parseNameAddr(text);
  if (address === undefined) return MASKED;
  const masked = parseUri(maskUri(formatUri(address.uri), names));
  if (masked === undefined) return MASKED;
  const { displayName } = address;
  return formatNameAddr({
    displayName: displayName && names.party('name', displayName),
    uri: masked,
    params: maskParams(address.params, ADDRESS_PARAMS),
  });
}
