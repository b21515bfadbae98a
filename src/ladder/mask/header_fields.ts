import { formatParams, NO_PARAMS, parseParams } from '../../../sip/message/params.ts';
import { isFieldText, splitOutside } from '../../../sip/message/syntax.ts';
import { formatVia, parseVias } from '../../../sip/message/via.ts';
import { maskAddresses, maskParams } from './address.ts';
import { maskCredentials, maskDigest } from './credentials.ts';
import { MASKED, type Pseudonyms } from './pseudonyms.ts';

type Mask = (value: string, names: Pseudonyms) => string;

/** Fields of addresses: of RFC 3261, and of those that name parties beside it (RFC 3325, 5806, 7044, 3515, 3892, …). */
const ADDRESSES = `
  from to contact route record-route reply-to alert-info call-info error-info refer-to referred-by diversion
  history-info path service-route p-asserted-identity p-preferred-identity p-called-party-id p-associated-uri
  p-served-user remote-party-id`;

/** Fields of protocol machinery, which say nothing of persons; Call-IDs and tags are how both ends name the call. */
const HARMLESS = `
  call-id cseq max-forwards content-length content-type content-disposition content-encoding content-language
  mime-version accept accept-encoding accept-language allow allow-events supported require proxy-require unsupported
  session-expires min-se expires min-expires rack rseq date timestamp event subscription-state privacy priority
  replaces target-dialog join in-reply-to session-id recv-info info-package resource-priority request-disposition
  sip-etag sip-if-match refer-sub flow-timer norefersub p-early-media`;

/** Begins where no such text came before, so that long ones are not tried from each of their letters. */
const USER = /(?<![\w.+%-])[\w.+%-]+(?=@)/g;
const PARAMS = new Set(
  'boundary charset handling version refresher expires reason q to-tag from-tag early-only duration'.split(
    ' ',
  ),
);
const VIA_PARAMS = new Set('branch received rport maddr ttl comp alias keep oc ocseq'.split(' '));

const MASKS = new Map<string, Mask>([
  ...keysOf(ADDRESSES).map(key => [key, maskAddresses] as const),
  ...keysOf(HARMLESS).map(key => [key, maskExtras] as const),
  ...keysOf('authorization proxy-authorization www-authenticate proxy-authenticate').map(
    key => [key, maskCredentials] as const,
  ),
  ...keysOf('authentication-info proxy-authentication-info').map(key => [key, maskDigest] as const),
  ...keysOf('reason warning retry-after').map(key => [key, maskText] as const),
  ...keysOf('user-agent server').map(key => [key, maskProduct] as const),
  ['via', maskVias],
]);

function keysOf(list: string): string[] {
  return list.trim().split(/\s+/);
}

/**
 * A header field's value as it may be kept; `key` as `headerKey` gives it. Only fields that are known to tell nothing
 * stay as they are: what nobody here knows is masked whole.
 */
export function maskField(key: string, value: string, names: Pseudonyms): string {
  const mask = MASKS.get(key);
  return mask === undefined || !isFieldText(value) ? MASKED : mask(value, names);
}

/** Text from a machine that a person may read: what could be a number, a user or a device's address is masked. */
export function maskText(text: string): string {
  return text.replace(USER, MASKED).replace(/(?<!\d)\+?\d[\d ().-]{5,}\d(?!\d)/g, MASKED);
}

/** Names and versions of programs; phones write their MAC address or serial number beside them. */
function maskProduct(text: string): string {
  return text
    .replace(USER, MASKED)
    .replace(/\b[\da-f]{2}(?:[:-][\da-f]{2}){5}\b/gi, MASKED)
    .replace(/[\da-f]{10,}|\d{7,}/gi, MASKED);
}

/** Parameters can hold what their field has no need of: the name of a file, for one. */
function maskExtras(value: string): string {
  if (!value.includes(';')) return value;
  const parts = splitOutside(value, ',')?.map(part => {
    const cut = part.indexOf(';');
    const params = cut < 0 ? NO_PARAMS : parseParams(part.slice(cut));
    return params && `${cut < 0 ? part : part.slice(0, cut)}${formatParams(maskParams(params, PARAMS))}`;
  });
  return parts?.every(part => part !== undefined) ? parts.join(', ') : MASKED;
}

function maskVias(value: string): string {
  const vias = parseVias(value);
  if (vias === undefined) return MASKED;
  return vias.map(via => formatVia({ ...via, params: maskParams(via.params, VIA_PARAMS) })).join(', ');
}
