import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** An address that peers can reach, for a socket that is bound to all of a family. */
export function namedAddress(address: string): string {
  if (address !== '0.0.0.0' && address !== '::') return address;
  const family = isIPv6(address) ? 'IPv6' : 'IPv4';
  const outer = Object.values(networkInterfaces())
    .flatMap(entries => entries ?? [])
    .find(entry => entry.family === family && !entry.internal && !entry.address.startsWith('fe80'));
  return outer?.address ?? (family === 'IPv6' ? '::1' : '127.0.0.1');
}
