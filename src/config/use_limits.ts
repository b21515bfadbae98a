/** Limits of what is told of providers by call and turn, of LIMITS. */
export const USE_LIMITS = {
  /** What providers were used for is written down at a turn's end once so much time has passed, and at the end of the call; a process that is lost takes what it had not written along. */
  callUsedMs: 60_000,
  /** Providers in one such event: four kinds with as many of each as may be configured. */
  usesTold: 48,
  /** Of calls whose turns are summed up by provider; more is an error. */
  providerLatencyDays: 31,
} as const;
