/** Limits of versions of workflows; part of LIMITS. */
export const VERSION_LIMITS = {
  /** Versions of one workflow; one more is refused. */
  workflowVersions: 2_000,
  /** Files of one version: the workflow's own and those that it includes; more are refused. */
  versionFiles: 33,
  /** Their text together; more is refused. */
  versionBytes: 3 << 20,
  /** A request that brings them, escaped as JSON; answered with 413. */
  versionBodyBytes: 6 << 20,
  /** What somebody writes beside a change of a version; a longer note is refused. */
  versionNoteCharacters: 1_000,
  /** Requests of one key or address in a minute that change versions or compare them; answered with 429. */
  versionRequestsPerMinute: 120,
  /** What a gate found; a longer result is refused. */
  gateResultBytes: 64 << 10,
  /** Comparing two versions, all files together; what differs so much that it takes longer is refused. */
  versionDiffMs: 500,
  /** Between two looks at the database for what other nodes changed: a rollback there is in force here that soon. */
  versionLookMs: 5_000,
  /** The word of every media process that a change is in force; then the answer says that it is not everywhere yet. */
  versionInForceMs: 10_000,
  /** Greetings of a new version, to be spoken ahead of its first call; later it is in force without. */
  versionGreetingMs: 5_000,
  /** Versions of which a process keeps the compiled flow beside those in force; the one used longest ago goes first. */
  versionsCompiled: 32,
  /** Texts of versions kept on the disk for calls that began with them; those out of force longest go first. */
  versionsOnDisk: 500,
} as const;
