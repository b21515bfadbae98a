/** Limits of what outlives a call: runs of tools, effects that are delivered later, calls that broke off; part of LIMITS. */
export const DURABLE_LIMITS = {
  /** A tool's request as it is kept to be sent once more; a longer one can't be. */
  keptRequestCharacters: 16_000,
  /** From the end of a call to the last step of an act that has begun; then no further step is, and it stays as it is. */
  actAfterCallMs: 10_000,
  /** Tools that the workflow uses in one answer of a chat; then the chat ends with an apology. */
  chatActs: 64,
  /** How often it is looked whether effects wait to be delivered. */
  outboxLookMs: 1_000,
  /** Effects on their way to receivers, most of them in a pause between two tries; further ones wait in the outbox. */
  deliveriesUnderWay: 1_000,
  /** Of these, those that are being sent; further ones wait. */
  deliveriesAtOnce: 8,
  /** Tries of one effect; then it is given up, and stands in the outbox as such. */
  deliveryTries: 14,
  /** Between its first two tries, doubled each time up to the longest: more than eight hours in all. */
  deliveryPauseMs: 5_000,
  deliveryPauseMostMs: 3_600_000,
  /** Where a call stands, as JSON, should it break off; what is longer is not kept, and the call is not taken up. */
  keptStateCharacters: 40_000,
  /** Looking for a call that broke off, before the caller is greeted; then it is not taken up. */
  earlierCallMs: 600,
  /** For so long a call that broke off is that of a call that claimed it and that the database never came to know; then anybody's again. */
  unheardOfClaimMs: 300_000,
  /** Calls that may be given one that broke off, since each may guess who its caller was; then it is nobody's. */
  claimsOfCall: 5,
  /** Digits by which callers are known again; who shows fewer is not. */
  callerNumberDigits: 7,
  /** How often states are forgotten whose time is over. */
  keptStatesSweepMs: 60_000,
  /** Calls of which something is forgotten in one transaction, so many of these in a night; the rest is left to the next one. */
  forgottenAtOnce: 50,
  forgottenBatches: 5_000,
  /** Before each of them, for others to write. */
  forgettingPauseMs: 250,
} as const;
