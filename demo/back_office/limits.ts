/** Limits of the demo back office; what goes beyond one is refused. */
export const OFFICE_LIMITS = {
  bodyBytes: 32 << 10,
  headerBytes: 8 << 10,
  requestMs: 10_000,
  connections: 256,
  databaseConnections: 8,
  /** From asking for a connection to having it. */
  connectMs: 2_000,
  /** One statement. */
  statementMs: 5_000,
  requestsPerMinute: 6_000,
  /** Rows of a list. */
  rows: 50,
  /** How long a webhook may have been on its way. */
  hookWindowMs: 300_000,
  /** How long a request waits that was told to never answer. */
  silentMs: 30_000,
  /** Faults that were asked for and did not happen yet; the oldest is forgotten. */
  faults: 1_000,
} as const;
