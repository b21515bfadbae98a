/** Of events on their way from a call into the database. */
export const SPOOL_LIMITS = {
  /** One event in the spool; a larger one is counted and left out. */
  spoolEventBytes: 64 << 10,
  /** Spool of a media process on disk; beyond it events are counted as lost. */
  spoolBytes: 1 << 30,
  /** Events waiting for the spool's disk in memory; beyond it events are counted as lost. */
  spoolQueuedEvents: 50_000,
  /** The same in bytes. */
  spoolQueuedBytes: 64 << 20,
  /** Share of these three at which a process takes no new calls: the rest is for what live ones still tell. */
  spoolFullShare: 0.9,
  /** One file of the spool; a longer one is followed by the next. */
  spoolSegmentBytes: 4 << 20,
  /** Read from the spool at once; no line is longer. */
  spoolReadBytes: 1 << 20,
  /** Events are gathered for so long before they are written: what happens comes with several, and the disk confirms them together. */
  spoolGatherMs: 20,
  /** Pause after the disk refused to write. */
  spoolRetryMs: 500,
  /** Events that the database refuses for what they are, kept for people; beyond it they are only counted. */
  spoolRejectedBytes: 16 << 20,
  /** Longest pause between attempts to reach a database that is away. */
  shipperBackoffMs: 5_000,
  /** Events are gathered for so long before a transaction: one for a few of them costs the database much less than one for each. */
  shipperGatherMs: 200,
  /** Rows in one transaction from the spool. */
  spoolBatchEvents: 500,
} as const;
