import type { SipRequest, SipResponse } from '../message/message.ts';
import { type NameAddr, parseNameAddrs } from '../message/name_addr.ts';
import type { Identity } from './session.ts';

/** RFC 3325 §9.1: one SIP and one tel URI; more are not read. */
const MOST_ASSERTED = 2;

/** What a message says of who is who (RFC 3325 §9.1, §9.3). */
export function identityOf({ from, to, headers }: SipRequest | SipResponse): Identity {
  return {
    from,
    to,
    asserted: headers
      .all('p-asserted-identity')
      .flatMap((value): NameAddr[] => parseNameAddrs(value) ?? [])
      .slice(0, MOST_ASSERTED),
    // Values are separated by semicolons (RFC 3323 §4.2); some write commas.
    privacy: headers
      .all('privacy')
      .flatMap(value => value.toLowerCase().split(/[;,]/))
      .map(value => value.trim())
      .filter(value => value !== ''),
  };
}
