import { paramValue } from '../message/params.ts';
import { type SipUri, uriTransport } from '../message/uri.ts';
import type { Protocol } from '../transport/transport.ts';
import { LOCATE_LIMITS } from './limits.ts';
import type { NaptrRecord } from './resolver.ts';

/** A name whose SRV records say who serves by this protocol. */
export interface Service {
  readonly protocol: Protocol;
  readonly name: string;
}

/** RFC 3263 §4.1, and §4.2 for the prefix of SRV names. TLS is SIPS over TCP. */
const SERVICES: Readonly<Record<Protocol, { readonly naptr: string; readonly srvPrefix: string }>> = {
  UDP: { naptr: 'SIP+D2U', srvPrefix: '_sip._udp' },
  TCP: { naptr: 'SIP+D2T', srvPrefix: '_sip._tcp' },
  TLS: { naptr: 'SIPS+D2T', srvPrefix: '_sips._tcp' },
};

/** What a SIP URI may go by when it does not say, the usual one first (§4.1). */
const UNSAID: readonly Protocol[] = ['UDP', 'TCP', 'TLS'];

const BY_TRANSPORT: Readonly<Record<string, Protocol>> = { udp: 'UDP', tcp: 'TCP', tls: 'TLS' };

/** Protocols that a URI may go by, the preferred one first; only one where it names a transport or wants TLS. */
export function protocolsOf(uri: SipUri, spoken: readonly Protocol[]): Protocol[] {
  const transport = uriTransport(uri);
  const named = transport === undefined ? undefined : BY_TRANSPORT[transport];
  if (transport !== undefined && named === undefined) return [];
  // A SIPS URI over TCP means TLS over TCP; over UDP it means nothing (RFC 3261 §26.2.2).
  if (uri.scheme === 'sips') return named === 'UDP' || !spoken.includes('TLS') ? [] : ['TLS'];
  const allowed = named === undefined ? UNSAID : [named];
  return allowed.filter(protocol => spoken.includes(protocol));
}

/** What is looked up for a URI: `maddr` goes before the host (§4), written as name servers and sockets want it. */
export function targetOf(uri: SipUri): string {
  const host = paramValue(uri.params, 'maddr') ?? uri.host;
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

/** The services of NAPTR records that can be used, by order and then preference (§4.1, RFC 3403 §4.1). */
export function servicesIn(records: readonly NaptrRecord[], protocols: readonly Protocol[]): Service[] {
  const services: Service[] = [];
  const sorted = records
    .slice(0, LOCATE_LIMITS.naptrRecords)
    .toSorted((a, b) => a.order - b.order || a.preference - b.preference);
  for (const { flags, service, regexp, replacement } of sorted) {
    const protocol = protocols.find(each => SERVICES[each].naptr === service.toUpperCase());
    // Others than those that lead to SRV records have no meaning for SIP.
    const leadsToSrv = flags.toLowerCase() === 's' && regexp === '' && isLookedUp(replacement);
    if (protocol !== undefined && leadsToSrv) services.push({ protocol, name: replacement.toLowerCase() });
  }
  return services;
}

/** The services that are asked for where no NAPTR record names any. */
export function usualServices(target: string, protocols: readonly Protocol[]): Service[] {
  return protocols.map(protocol => ({ protocol, name: `${SERVICES[protocol].srvPrefix}.${target}` }));
}

const NAME = /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/i;
/** No name ends so, but some libraries read it as an address: 127.1, 0x7f000001. */
const NUMERIC_END = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/i;

/** Whether a name server can be asked for this: names of hosts and services, as DNS has them. */
export function isLookedUp(name: string): boolean {
  return name.length <= LOCATE_LIMITS.nameCharacters && NAME.test(name) && !NUMERIC_END.test(name);
}
