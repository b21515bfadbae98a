import { type ChaosCall, runCall } from './call.ts';
import { judge, type Verdict } from './judge.ts';
import type { Plan } from './plan.ts';

/** A process that did nothing for so long is no judge of silences: the run is made again, so many times in all. */
export const HELD_UP_MS = 250;
export const MOST_TRIES = 4;
const WATCH_MS = 10;

export interface JudgedRun {
  readonly plan: Plan;
  /** Undefined where there was none. */
  readonly call: ChaosCall | undefined;
  readonly verdict: Verdict;
  /** Tries before it in which the machine held the process up. */
  readonly heldUp: number;
}

export async function runJudged(plan: Plan): Promise<JudgedRun> {
  for (let heldUp = 0; ; heldUp += 1) {
    const watch = new Watch();
    const { call, verdict } = await tryRun(plan);
    if (watch.end() <= HELD_UP_MS || heldUp + 1 === MOST_TRIES) return { plan, call, verdict, heldUp };
  }
}

async function tryRun(plan: Plan): Promise<Pick<JudgedRun, 'call' | 'verdict'>> {
  try {
    const call = await runCall(plan);
    return { call, verdict: judge(call) };
  } catch (error) {
    const failures = [`no call: ${error instanceof Error ? error.message : String(error)}`];
    return { call: undefined, verdict: { silencesMs: [], repeatedSentences: [], lostSlots: [], failures } };
  }
}

/** Tells for how long the process was held up by something else. */
class Watch {
  #longestMs = 0;
  #lastMs = performance.now();
  readonly #ticks = setInterval(() => this.#tick(), WATCH_MS);

  /** Ends it. */
  end(): number {
    clearInterval(this.#ticks);
    this.#tick();
    return Math.round(this.#longestMs);
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs - WATCH_MS);
    this.#lastMs = nowMs;
  }
}
