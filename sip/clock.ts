/** Something that will happen; cancelling it twice, or after it happened, does nothing. */
export interface Alarm {
  cancel(): void;
}

/** Time as the signalling layers see it, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds that only ever grow; the zero means nothing. */
  nowMs(): number;
  /** Runs `ring` once, `delayMs` from now. */
  after(delayMs: number, ring: () => void): Alarm;
}

/** What setTimeout can count; it rings at once for more. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's own clock. Its alarms do not keep the process alive; the longest are of 24 days. */
export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, ring) {
    const timer = setTimeout(ring, Math.min(delayMs, LONGEST_MS));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
