import { type Uri, unescapeUri } from '../../sip/message/uri.ts';
import type { Identity } from '../../sip/session/session.ts';
import type { Trunk } from '../config/trunks.ts';
import { normaliseNumber } from '../telephony/numbering.ts';

const LONGEST = 128;

/**
 * Who calls, as the trunk knows it: what it asserts (RFC 3325) goes before From, which any phone may fill in. E.164 where
 * it is a number, else the name before the @; empty for who withholds it.
 */
export function callingNumber(
  trunk: Pick<Trunk, 'numbering'>,
  { from, asserted, privacy }: Identity,
): string {
  if (privacy.some(value => value === 'id' || value === 'user')) return '';
  const user = userOf((asserted[0] ?? from).uri);
  if (/^anonymous$/i.test(user)) return '';
  return normaliseNumber(trunk, user) ?? user.slice(0, LONGEST);
}

/** The number or name that an address is about, unescaped; empty where it has none. */
export function userOf(uri: Uri): string {
  if (uri.kind === 'tel') return uri.number;
  return uri.kind === 'sip' ? unescapeUri(uri.user ?? '') : '';
}
