/** Limits of what outlives a call: runs of tools, effects that are delivered later, calls that broke off; part of LIMITS. */
export const DURABLE_LIMITS = {
  /** A tool's request as it is kept to be sent once more; a longer one can't be. */
  keptRequestCharacters: 16_000,
  /** Tools that the workflow uses in one answer of a chat; then the chat ends with an apology. */
  chatActs: 64,
} as const;
