import type { NameAddr } from '../message/name_addr.ts';
import type { Uri } from '../message/uri.ts';

/** The URI that says where a request goes first (RFC 3261 §8.1.2): the topmost route, else the target. */
export function nextHopUri(target: Uri, routes: readonly NameAddr[]): Uri {
  return routes[0]?.uri ?? target;
}
