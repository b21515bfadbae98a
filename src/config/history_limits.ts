/** Limits of the history of a call's steps; part of LIMITS. */
export const HISTORY_LIMITS = {
  /** Steps of one call that a process writes down; then it says that there are more, and writes down no further one. */
  historySteps: 5_000,
  /** What led to one step, packed; of one that takes more only what came of it is written down. */
  historyPartBytes: 24 << 10,
  /** The same before it was packed; whoever reads it takes no more. */
  historyStepBytes: 1 << 20,
  /** Steps in one answer of the control plane; a longer history comes in pages. */
  historyPageSteps: 200,
  /** A history in a file; a longer one is not replayed. */
  historyFileBytes: 64 << 20,
} as const;
