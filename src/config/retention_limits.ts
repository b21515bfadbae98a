/** Limits of how recordings are deleted, of holds, and of what jobs leave behind; part of LIMITS. */
export const RETENTION_LIMITS = {
  /** Files of recordings that a configuration may have deleted in one night. */
  recordingsDeletedMost: 1_000_000,
  /** Files of recordings that are looked at together. */
  recordingsLookedAtOnce: 200,
  /** After each of them of which something was deleted, for others to write. */
  recordingsPauseMs: 50,
  /** Files that could not be deleted; then the night is over for recordings. */
  recordingsFailed: 1_000,
  /** For so long nothing was written to a file that is counted as unfinished, or as of a call without an end; else it is left. */
  recordingStillMs: 86_400_000,
  /** The clock went so far ahead since the last night: it is looked at once more, after a pause, before anything is deleted by it. */
  clockLeapMs: 7 * 86_400_000,
  clockDoubtMs: 3_600_000,
  /** Holds on one call that are not lifted; a further one is refused. */
  holdsOfCall: 20,
  holdReasonCharacters: 2_000,
  /** Orders about holds in a minute; further ones are refused. */
  holdRequestsPerMinute: 120,
  /** Lines of the audit log in one answer. */
  auditPageRows: 1_000,
  /** Jobs that are over and deleted together, so many of these in a night; the rest is left to the next one. */
  jobsDeletedAtOnce: 500,
  jobsDeletedBatches: 2_000,
} as const;
