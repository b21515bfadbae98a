import { BlockList, isIP } from 'node:net';

/** "This network", multicast and what is reserved: no single host has one of these. */
const NO_HOST_V4 = new BlockList();
NO_HOST_V4.addSubnet('0.0.0.0', 8, 'ipv4');
NO_HOST_V4.addSubnet('224.0.0.0', 3, 'ipv4');

/** The same of IPv6, with what only holds on one link, and with IPv4 addresses in disguise. */
const NO_HOST_V6 = new BlockList();
NO_HOST_V6.addAddress('::', 'ipv6');
NO_HOST_V6.addSubnet('fe80::', 10, 'ipv6');
NO_HOST_V6.addSubnet('ff00::', 8, 'ipv6');
NO_HOST_V6.addSubnet('::ffff:0:0', 96, 'ipv6');

/** Whether requests can be sent to an address: a plain one of a single host, be it a private one. */
export function isDestination(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return false;
  return family === 4 ? !NO_HOST_V4.check(address, 'ipv4') : !NO_HOST_V6.check(address, 'ipv6');
}
