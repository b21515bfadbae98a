/** Limits of digest authentication, with what happens there. */
export const DIGEST_LIMITS = {
  /** A challenge or credentials; longer ones count as malformed. */
  headerCharacters: 4_096,
  /** Parameters of one header; more count as malformed. */
  headerParams: 32,
  /** Challenges of one response that are read; further ones are not. */
  challenges: 8,
  /** Tries of one request; a challenger that is not content by then is given up. */
  attempts: 3,
  /** Realms whose nonces a client keeps; the one challenged longest ago is forgotten. */
  realms: 8,
  /** Authorization headers of one request that are read; further ones are not. */
  authorizations: 8,
  /** Nonces in use that a server remembers; the one used longest ago is forgotten and those as old are stale. */
  noncesInUse: 10_000,
  /** Uses of one nonce that can be told apart; no server may allow more. */
  usesPerNonce: 32,
} as const;
