import type { Recognition } from '../providers/types.ts';

/** What is said again in the same words is believed from this share of the confidence that is asked for otherwise. */
const SECOND_TIME_SHARE = 0.05;

interface Judged {
  readonly onsetMs: number;
  /** Empty when it was believed. */
  readonly doubted: string;
}

/**
 * Decides which of the caller's words are acted on. Some words are always heard with doubt, in some voices: the caller
 * who was not understood and says the same again is not asked a third time; it then counts as just confident enough.
 */
export class Belief {
  /** The utterance that was judged last, and the one before it. */
  #latest: Judged | undefined;
  #earlier: Judged | undefined;

  /** What is not believed comes back without text. `onsetMs` names the utterance, which may be judged more than once. */
  judge(recognition: Recognition, onsetMs: number, minConfidence: number): Recognition {
    const { text, confidence } = recognition;
    if (this.#latest?.onsetMs !== onsetMs) this.#earlier = this.#latest;
    const isRepeated = text !== '' && this.#earlier?.doubted === text;
    const least = minConfidence * (isRepeated ? SECOND_TIME_SHARE : 1);
    const isBelieved = confidence >= least;
    this.#latest = { onsetMs, doubted: isBelieved ? '' : text };
    if (isBelieved) return { ...recognition, confidence: Math.max(confidence, minConfidence) };
    return { text: '', confidence, alternatives: [] };
  }
}
