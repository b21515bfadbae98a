/** Runs an action once after a delay, unless the returned function is called before. */
export type After = (delayMs: number, action: () => void) => () => void;

export interface Clock {
  /** Monotonic, milliseconds. */
  readonly nowMs: () => number;
  readonly after: After;
}

export interface TimeLimit {
  readonly limitMs: number;
  /** The error of work that is late. */
  readonly late: () => Error;
}

/** Rejects as the work does, when its time is up, or with the signal's reason as soon as it is aborted. */
export async function within<T>(
  work: Promise<T>,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal,
  limit?: TimeLimit,
): Promise<T> {
  const end = Promise.withResolvers<never>();
  const onAbort = () => end.reject(signal.reason);
  const cancelTimer =
    limit === undefined ? undefined : clock.after(limit.limitMs, () => end.reject(limit.late()));
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, end.promise]);
  } finally {
    cancelTimer?.();
    signal.removeEventListener('abort', onAbort);
  }
}
