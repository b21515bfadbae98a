import type { After } from './ports.ts';

export interface Deadline {
  readonly after: After;
  readonly limitMs: number;
  readonly signal: AbortSignal;
  /** The error of work that is late. */
  late(): Error;
}

/** Work that must be over in time: rejects when the time is up, or with the signal's reason as soon as it is aborted. */
export async function withDeadline<T>(work: Promise<T>, deadline: Deadline): Promise<T> {
  const { signal } = deadline;
  const end = Promise.withResolvers<never>();
  const onAbort = () => end.reject(signal.reason);
  const cancelTimer = deadline.after(deadline.limitMs, () => end.reject(deadline.late()));
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, end.promise]);
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', onAbort);
  }
}
