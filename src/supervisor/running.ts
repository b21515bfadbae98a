/** Something that runs beside the supervisor until it is stopped or dies. */
export interface Running {
  readonly pid: number;
  /** Resolves with its last words when it has ended, wanted or not. */
  readonly exited: Promise<string>;
  /** In good order, within a time limit; resolves when it has ended. */
  stop(): Promise<void>;
}

/** Signals that ask a process to end, one after another, each with its time; killed after the last. */
export type EndWith = readonly { readonly signal: 'SIGTERM' | 'SIGINT'; readonly waitMs: number }[];
