import type { SipResponse } from '../message/message.ts';
import { type NameAddr, parseNameAddrs } from '../message/name_addr.ts';
import { paramValue } from '../message/params.ts';
import { parseNumber } from '../message/syntax.ts';
import { isLooseRoute, sameUri } from '../message/uri_compare.ts';
import { REGISTRATION_LIMITS } from './limits.ts';

const MOST_SECONDS = 2 ** 32 - 1;

/**
 * The time that a registrar grants (RFC 3261 §10.2.4): what it says of our contact, which may stand among those of
 * others; else what it says of all; else what was asked for.
 * @param contact as it was sent
 */
export function grantedExpiresS(response: SipResponse, contact: NameAddr, askedS: number): number {
  const listed = response.contacts === '*' ? [] : response.contacts;
  const ours = listed.find(each => sameUri(each.uri, contact.uri)) ?? aloneByUser(listed, contact);
  const said = ours && paramValue(ours.params, 'expires');
  const granted = readSeconds(said) ?? readSeconds(response.headers.get('expires')) ?? askedS;
  return Math.min(granted, REGISTRATION_LIMITS.mostExpiresS);
}

/** The only contact with our user part: registrars that see through a NAT write another host. */
function aloneByUser(listed: readonly NameAddr[], { uri }: NameAddr): NameAddr | undefined {
  const user = uri.kind === 'sip' ? uri.user : undefined;
  const [first, ...others] = listed.filter(each => each.uri.kind === 'sip' && each.uri.user === user);
  return others.length === 0 ? first : undefined;
}

/** The least time that a registrar takes (423 with Min-Expires, §10.3); undefined where it makes no sense to ask so. */
export function longerExpiresS(response: SipResponse, askedS: number): number | undefined {
  const leastS = readSeconds(response.headers.get('min-expires'));
  const isUseful = leastS !== undefined && leastS > askedS && leastS <= REGISTRATION_LIMITS.mostExpiresS;
  return isUseful ? leastS : undefined;
}

/**
 * The route that outbound requests take from now on (RFC 3608 §6.1); none where the list can't be read, is too long, or
 * holds what is no loose route (§5).
 */
export function serviceRoutesOf(response: SipResponse): readonly NameAddr[] {
  const routes: NameAddr[] = [];
  for (const value of response.headers.all('service-route')) {
    const parsed = parseNameAddrs(value);
    if (parsed === undefined || !parsed.every(({ uri }) => isLooseRoute(uri))) return [];
    routes.push(...parsed);
    if (routes.length > REGISTRATION_LIMITS.serviceRoutes) return [];
  }
  return routes;
}

/** Seconds of Retry-After (§20.33), its comment and parameters left aside. */
export function retryAfterS(response: SipResponse): number | undefined {
  const [digits] = /^\d+/.exec(response.headers.get('retry-after') ?? '') ?? [];
  const seconds = readSeconds(digits);
  return seconds === undefined ? undefined : Math.min(seconds, REGISTRATION_LIMITS.mostRetryAfterS);
}

function readSeconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseNumber(text, MOST_SECONDS);
}
