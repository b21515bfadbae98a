import { BlockList, isIP, isIPv6 } from 'node:net';
import { type SipUri, type Uri, uriTransport } from '../message/uri.ts';
import type { Hop, Protocol } from '../transport/transport.ts';

const PROTOCOLS: Readonly<Record<string, Protocol>> = { udp: 'UDP', tcp: 'TCP', tls: 'TLS' };

/** Addresses that mean something else, or nothing, on the other side of a NAT. */
const INNER = new BlockList();
for (const [network, prefix] of [
  // RFC 1918, RFC 6598, RFC 3927; the host itself
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
  // RFC 4193, RFC 4291
  ['fc00::', 7],
  ['fe80::', 10],
  ['::1', 128],
] as const)
  INNER.addSubnet(network, prefix, familyOf(network));

/**
 * Where a request inside a dialog goes, in the order to try. An address in the URI is taken as it stands (RFC 3263 §4);
 * a host name stands for the hop that the dialog came by, so that nothing is looked up in a call. An open connection
 * to the same address goes before a new one: behind it may be a peer that cannot be connected to. A private address where
 * the dialog came by a public one is that of a peer behind a NAT that did not find it out: it, too, stands for that hop.
 * @param known the hop of the dialog's first request, or where that came from
 */
export function hopsTo(uri: Uri, known: Hop): [Hop, ...Hop[]] {
  if (uri.kind !== 'sip') return [known];
  const host = uri.host.startsWith('[') ? uri.host.slice(1, -1) : uri.host;
  const isName = isIP(host) === 0;
  if (!isName && isInner(host) && !isInner(known.address)) return [known];
  const address = isName ? known.address : host;
  const protocol = protocolOf(uri, known, address);
  const target: Hop = { address, port: uri.port ?? (protocol === 'TLS' ? 5061 : 5060), protocol };
  const isKnown = address === known.address && protocol === known.protocol;
  if (isKnown && protocol === 'UDP') return [isName ? known : target];
  return isKnown && target.port !== known.port ? [known, target] : [target];
}

function isInner(address: string): boolean {
  return INNER.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/** As the URI says; many peers leave `;transport=tcp` out of the Contact that they send over TCP. */
function protocolOf(uri: SipUri, known: Hop, address: string): Protocol {
  const said = PROTOCOLS[uriTransport(uri) ?? ''];
  if (said !== undefined) return said;
  if (uri.scheme === 'sips') return 'TLS';
  return address === known.address ? known.protocol : 'UDP';
}
