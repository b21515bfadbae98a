import type { Recognition } from '../providers/types.ts';

/** What is said again in the same words is believed from this share of the confidence that is asked for otherwise. */
const SECOND_TIME_SHARE = 0.05;

interface Doubt {
  readonly onsetMs: number;
  readonly text: string;
}

/**
 * Decides which of the caller's words are acted on. Some words are always heard with doubt, in some voices: the caller
 * who was not understood and says the same again is not asked a third time; it then counts as just confident enough.
 */
export class Belief {
  readonly #minConfidence: number;
  /** The utterance that was judged last, and the one before it. */
  #latest: Doubt | undefined;
  #earlier: Doubt | undefined;

  constructor(minConfidence: number) {
    this.#minConfidence = minConfidence;
  }

  /** What is not believed comes back without text. `onsetMs` names the utterance, which may be judged more than once. */
  judge(recognition: Recognition, onsetMs: number): Recognition {
    const { text, confidence } = recognition;
    if (this.#latest?.onsetMs !== onsetMs) this.#earlier = this.#latest;
    const isRepeated = text !== '' && this.#earlier?.text === text;
    const least = this.#minConfidence * (isRepeated ? SECOND_TIME_SHARE : 1);
    if (confidence >= least) {
      this.#latest = undefined;
      return { ...recognition, confidence: Math.max(confidence, this.#minConfidence) };
    }
    this.#latest = { onsetMs, text };
    return { text: '', confidence, alternatives: [] };
  }
}
