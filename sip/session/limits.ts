/** Limits of sessions, with what happens there. Times that RFCs give are with what they are for. */
export const SESSION_LIMITS = {
  /** Sessions of one user agent, those included that have ended and wait for last messages; an INVITE gets 503. */
  sessions: 5_000,
  /** Until a call that rings is given up: 480 inbound, CANCEL outbound. Past Timer C of proxies (RFC 3261 §16.6). */
  unansweredMs: 300_000,
  /** Until a re-INVITE of ours that only gets provisional responses is cancelled. */
  changePendingMs: 60_000,
  /** Early dialogs of one outbound call; responses of further ones are not heard, but a 2xx gets its ACK and BYE. */
  forks: 16,
  /** Dialogs of one outbound call that came too late and were hung up; further ones are left to time out. */
  unwantedForks: 16,
  /** Reliable responses that wait for the PRACK of the one before; of further progress only the last is kept. */
  queuedProgress: 8,
  /** Tries of one change of ours (491, 422, 500 with Retry-After); then it counts as refused. */
  changeTries: 8,
  /** Longest Retry-After that is waited for; a longer one refuses the change. */
  retryAfterS: 30,
  /** Tries of an INVITE that is refused for its session interval (422). */
  intervalTries: 3,
  /** Until the next hop is tried when one says nothing (RFC 3263 §4.3 leaves it open; timer B is 32 s). */
  silentHopMs: 5_000,
  /** How long a user agent that is closed waits for answers to its BYEs. */
  closingMs: 1_000,
  /** Requests of ours inside a dialog whose transactions are not over; a further one fails at once. */
  pendingRequests: 64,
} as const;
