import { isIP } from 'node:net';

/** An address or a network of addresses. */
export interface Network {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  /** Leading bits that all have in common; all of them for one address. */
  readonly prefixBits: number;
}

/** Reads `192.0.2.1`, `192.0.2.0/24`, `2001:db8::1` or `2001:db8::/32`; undefined for all else. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = '', bits] = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const addressBits = version === 4 ? 32 : 128;
  const prefixBits = bits === undefined ? addressBits : Number(bits);
  if (prefixBits > addressBits) return undefined;
  return { address, family: version === 4 ? 'ipv4' : 'ipv6', prefixBits };
}
