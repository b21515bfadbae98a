/** Limits of registering, with what happens there. */
export const REGISTRATION_LIMITS = {
  /** Requests of one try at one hop: credentials, a new nonce, a longer time; the registrar is given up then. */
  requestsPerHop: 5,
  /** Hops of one try; further ones are left for the next. */
  hops: 8,
  /** Redirections of one try; one more and it failed. */
  redirections: 3,
  /** Longest time that is asked for, whatever Min-Expires says; a registrar that wants more is given up. */
  mostExpiresS: 86_400,
  /** Part of the granted time after which it is asked for again: by chance between these. */
  refreshFrom: 0.8,
  refreshTo: 0.9,
  /** Shortest time between two tries that went well, whatever was granted. */
  leastRefreshMs: 5_000,
  /** Routes that a registrar may name (RFC 3608); a longer list is not used. */
  serviceRoutes: 8,

  /** Waits after failures (RFC 5626 §4.5): doubled each time, by chance between half and all of it. */
  baseWaitMs: 30_000,
  mostWaitMs: 1_800_000,
  /** Shortest wait after a refusal, which time alone does not mend. */
  refusedWaitMs: 300_000,
  /** Longest Retry-After that is honoured; a longer one counts as this. */
  mostRetryAfterS: 3_600,
  /** What giving a binding back may take; it is left to run out then. */
  removalMs: 2_000,
} as const;
