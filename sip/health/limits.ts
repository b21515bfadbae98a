/** Limits of looking after far ends, with what happens there. */
export const HEALTH_LIMITS = {
  /** Answers, or missing ones, in a row that turn what is thought of a far end: a lost packet is no outage. */
  inARow: 2,
  /** Until an answer that is missing counts as such. */
  answerMs: 5_000,
  /** Hops of one far end that are asked in turn; further ones are not. */
  hops: 4,
  /** How soon a far end is asked again that does not do what is thought of it. */
  doubtMs: 5_000,
} as const;
