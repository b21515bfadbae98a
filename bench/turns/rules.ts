import { type AskedStep, Endpointing } from '../../src/agent/endpointing.ts';
import type { Config } from '../../src/config/schema.ts';
import type { Rule } from './listening.ts';

type Pauses = Config['turn']['endOfTurnPauseMs'];

/**
 * silence: the same pause always; patience: one for each kind of question, as configured; withoutKinds: what calls have, but not
 * told what kind of answer is expected; endpointing: what calls have.
 */
export type RuleName = 'silence' | 'patience' | 'withoutKinds' | 'endpointing';

/** One way to decide, at many paces: each makes a point of a curve of cut-offs over delay. */
export interface Family {
  readonly name: RuleName;
  /** Factors of the configured pauses, or pauses in milliseconds. */
  readonly settings: readonly number[];
  create(setting: number): Rule;
}

const range = (from: number, to: number, step: number): readonly number[] =>
  Array.from({ length: Math.round((to - from) / step) + 1 }, (_, index) => from + index * step);
const SCALES = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 1.9, 2.4, 3, 4, 5];

/** From the plainest to what calls have. */
export function families(pauses: Pauses): readonly Family[] {
  return [
    { name: 'silence', settings: range(200, 2600, 100), create: setting => new FixedRule(() => setting) },
    {
      name: 'patience',
      settings: SCALES,
      create: scale => new FixedRule(({ patience }) => scale * pauses[patience]),
    },
    { name: 'withoutKinds', settings: SCALES, create: scale => new WordsRule(scaled(pauses, scale), false) },
    { name: 'endpointing', settings: SCALES, create: scale => new WordsRule(scaled(pauses, scale), true) },
  ];
}

function scaled(pauses: Pauses, by: number): Pauses {
  const { yesNo, short, normal, long } = pauses;
  return { yesNo: by * yesNo, short: by * short, normal: by * normal, long: by * long };
}

/** Waits the same whatever is said. */
class FixedRule implements Rule {
  readonly #pauseOf: (step: AskedStep) => number;
  pauseMs: number;

  constructor(pauseOf: (step: AskedStep) => number) {
    this.#pauseOf = pauseOf;
    this.pauseMs = pauseOf({ patience: 'normal' });
  }

  asked(step: AskedStep): void {
    this.pauseMs = this.#pauseOf(step);
  }

  partial(): void {
    // Words do not matter.
  }

  turn(): void {
    // Nor does what happened before.
  }
}

/** What calls have; with or without what the workflow knows of the kind of answer. */
class WordsRule implements Rule {
  readonly #endpointing: Endpointing;
  readonly #knowsKind: boolean;

  constructor(endOfTurnPauseMs: Pauses, knowsKind: boolean) {
    this.#endpointing = new Endpointing({ endOfTurnPauseMs });
    this.#knowsKind = knowsKind;
  }

  get pauseMs(): number {
    return this.#endpointing.pauseMs;
  }

  asked(step: AskedStep): void {
    this.#endpointing.asked(this.#knowsKind ? step : { patience: step.patience });
  }

  partial(words: readonly string[], atMs: number): void {
    this.#endpointing.partial(words, atMs);
  }

  turn(event: Parameters<Rule['turn']>[0]): void {
    this.#endpointing.turn(event);
  }
}
