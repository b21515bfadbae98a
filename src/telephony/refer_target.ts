import type { NameAddr } from '../../sip/message/name_addr.ts';
import { escapeUser } from '../../sip/message/uri.ts';
import type { Trunk } from '../config/trunks.ts';
import { refuseOdd, sipUriOf } from './outbound_target.ts';

/** Whom a caller is to be put through to, as the configuration names them. */
export type ReferWish =
  | { readonly kind: 'number'; readonly number: string }
  | { readonly kind: 'uri'; readonly uri: string };

/** Where the call came from. */
interface Peer {
  readonly address: string;
  readonly port: number;
}

/**
 * Refer-To (RFC 3515 §2.1): a number is one of the trunk's far end, by the host that the trunk names, else its first
 * gateway, else the address that the call came from. Nothing of it is what callers said.
 * @throws TrunklineError for what is neither number nor URI
 */
export function referTarget(
  { transferHost, gateways }: Pick<Trunk, 'transferHost' | 'gateways'>,
  to: ReferWish,
  { address, port }: Peer,
): NameAddr {
  if (to.kind === 'uri') return { uri: sipUriOf(to.uri), params: [] };
  refuseOdd(to.number);
  const named = transferHost === '' ? gateways[0] : transferHost;
  const host = address.includes(':') ? `[${address}]` : address;
  const at = sipUriOf(named ?? `sip:${host}:${port}`);
  return { uri: { ...at, user: escapeUser(to.number) }, params: [] };
}
