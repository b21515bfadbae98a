import type { Clock } from '../clock.ts';
import { LOCATE_LIMITS } from './limits.ts';

/** What a name has; `unanswered` when nobody said. */
export type Answer<Found> = readonly Found[] | 'unanswered';

interface Kept<Found> {
  readonly answer: Promise<Answer<Found>>;
  untilMs: number;
}

/** Answers to one kind of question, kept for their time; equal questions under way share one answer. */
export class AnswerCache<Found> {
  readonly #ask: (name: string) => Promise<readonly Found[]>;
  readonly #ttlS: (found: readonly Found[]) => number;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept<Found>>();
  #underWay = 0;

  /** @param ttlS how long records are good for, in seconds; told nowhere when left out */
  constructor(
    ask: (name: string) => Promise<readonly Found[]>,
    clock: Clock,
    ttlS: (found: readonly Found[]) => number = () => LOCATE_LIMITS.untoldTtlS,
  ) {
    this.#ask = ask;
    this.#ttlS = ttlS;
    this.#clock = clock;
  }

  /** Never rejects. */
  find(name: string): Promise<Answer<Found>> {
    const known = this.#kept.get(name);
    if (known !== undefined && known.untilMs > this.#clock.nowMs()) return known.answer;
    if (this.#underWay >= LOCATE_LIMITS.questions) return Promise.resolve('unanswered');
    const kept: Kept<Found> = { answer: this.#answer(name), untilMs: Number.POSITIVE_INFINITY };
    this.#keep(name, kept);
    void kept.answer.then(answer => {
      kept.untilMs = this.#clock.nowMs() + 1000 * this.#secondsKept(answer);
    });
    return kept.answer;
  }

  async #answer(name: string): Promise<Answer<Found>> {
    this.#underWay += 1;
    try {
      return await this.#withinTime(this.#ask(name));
    } catch {
      return 'unanswered';
    } finally {
      this.#underWay -= 1;
    }
  }

  #withinTime(asked: Promise<readonly Found[]>): Promise<Answer<Found>> {
    return new Promise((resolve, reject) => {
      const alarm = this.#clock.after(LOCATE_LIMITS.answerMs, () => resolve('unanswered'));
      asked.then(resolve, reject).finally(() => alarm.cancel());
    });
  }

  #keep(name: string, kept: Kept<Found>): void {
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > LOCATE_LIMITS.keptNames && oldest !== undefined) this.#kept.delete(oldest);
  }

  #secondsKept(answer: Answer<Found>): number {
    const { leastTtlS, mostTtlS, nothingTtlS, unansweredTtlS } = LOCATE_LIMITS;
    if (answer === 'unanswered') return unansweredTtlS;
    if (answer.length === 0) return nothingTtlS;
    return Math.min(Math.max(this.#ttlS(answer), leastTtlS), mostTtlS);
  }
}
