import { isIPv4, isIPv6 } from 'node:net';
import { hasParam, paramValue, withParam } from '../message/params.ts';
import { parseNumber } from '../message/syntax.ts';
import type { Via } from '../message/via.ts';
import type { Flow, Protocol, SocketAddress } from './transport.ts';

/** Port of a protocol when a URI or Via names none (RFC 3261 §19.1.2). */
export function defaultPort(protocol: Protocol): number {
  return protocol === 'TLS' ? 5061 : 5060;
}

/** An address as sockets tell it, in its plain spelling: no IPv4 inside IPv6, no zone. */
export function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address.replace(/%.*$/, '');
}

/** An address as a Via or URI writes it: IPv6 in brackets. */
export function hostOf(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}

/** The address that a host part is, without brackets; `undefined` for a name. */
function addressOf(host: string): string | undefined {
  const bare = host.startsWith('[') ? host.slice(1, -1) : host;
  return isIPv4(bare) || isIPv6(bare) ? bare : undefined;
}

/**
 * The topmost Via with what only the receiver knows: `received` when the sender calls itself otherwise (RFC 3261
 * §18.2.1), `rport` and `received` when it asks for them (RFC 3581 §4).
 */
export function withSource(via: Via, { remote }: Flow): Via {
  const asksPort = hasParam(via.params, 'rport');
  // A `received` that the sender wrote itself would lead the response to a third party.
  const isPlain = !asksPort && !hasParam(via.params, 'received');
  if (isPlain && addressOf(via.host) === remote.address) return via;
  const params = withParam(via.params, 'received', remote.address);
  return { ...via, params: asksPort ? withParam(params, 'rport', String(remote.port)) : params };
}

/**
 * Where a response goes by its topmost Via when it cannot go back by its connection (RFC 3261 §18.2.2, RFC 3581 §4).
 * `maddr` is not followed: it would let anybody aim responses at a third party.
 */
export function responseTarget(via: Via, flow: Flow): SocketAddress {
  const received = paramValue(via.params, 'received');
  const address = addressOf(received ?? via.host) ?? flow.remote.address;
  const rport = flow.protocol === 'UDP' ? paramValue(via.params, 'rport') : undefined;
  const port = parseNumber(rport ?? '', 65_535) ?? via.port ?? defaultPort(flow.protocol);
  return { address, port };
}
