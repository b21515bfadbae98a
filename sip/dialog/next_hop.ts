import { isIP } from 'node:net';
import { type SipUri, type Uri, uriTransport } from '../message/uri.ts';
import type { Hop, Protocol } from '../transport/transport.ts';

const PROTOCOLS: Readonly<Record<string, Protocol>> = { udp: 'UDP', tcp: 'TCP', tls: 'TLS' };

/**
 * Where a request inside a dialog goes, in the order to try. An address in the URI is taken as it stands (RFC 3263 §4);
 * a host name stands for the hop that the dialog came by, so that nothing is looked up in a call. An open connection
 * to the same address goes before a new one: behind it may be a peer that cannot be connected to.
 * @param known the hop of the dialog's first request, or where that came from
 */
export function hopsTo(uri: Uri, known: Hop): [Hop, ...Hop[]] {
  if (uri.kind !== 'sip') return [known];
  const host = uri.host.startsWith('[') ? uri.host.slice(1, -1) : uri.host;
  const isName = isIP(host) === 0;
  const address = isName ? known.address : host;
  const protocol = protocolOf(uri, known, address);
  const target: Hop = { address, port: uri.port ?? (protocol === 'TLS' ? 5061 : 5060), protocol };
  const isKnown = address === known.address && protocol === known.protocol;
  if (isKnown && protocol === 'UDP') return [isName ? known : target];
  return isKnown && target.port !== known.port ? [known, target] : [target];
}

/** As the URI says; many peers leave `;transport=tcp` out of the Contact that they send over TCP. */
function protocolOf(uri: SipUri, known: Hop, address: string): Protocol {
  const said = PROTOCOLS[uriTransport(uri) ?? ''];
  if (said !== undefined) return said;
  if (uri.scheme === 'sips') return 'TLS';
  return address === known.address ? known.protocol : 'UDP';
}
