import type { Credentials } from '../digest/algorithm.ts';
import type { NameAddr } from '../message/name_addr.ts';
import type { SipUri } from '../message/uri.ts';

/** What is registered where. */
export interface Account {
  /** Request-URI: names a domain, no user (RFC 3261 §10.2). */
  readonly registrar: SipUri;
  /** Who is registered: To and From. */
  readonly addressOfRecord: SipUri;
  /** User part of the address where this end takes calls. */
  readonly contactUser: string;
  /** Asked for; a registrar may grant another time. */
  readonly expiresS: number;
  /** Where requests go first, as loose routes: an outbound proxy. */
  readonly routes: readonly NameAddr[];
  readonly credentialsFor: (realm: string) => Credentials | undefined;
}
