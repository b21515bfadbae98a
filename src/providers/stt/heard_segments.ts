import { LIMITS } from '../../config/limits.ts';
import type { Recognition } from '../types.ts';
import { plainWords } from './plain_words.ts';
import type { HeardWords } from './stream_dialect.ts';

/** What was heard of one utterance, segment by segment. */
export class HeardSegments {
  readonly #segments = new Map<number, HeardWords>();

  /** False where it is more than any utterance has. */
  add(words: HeardWords): boolean {
    if (words.text.length > LIMITS.sttTranscriptCharacters) return false;
    this.#segments.set(words.segment, words);
    return this.#segments.size <= LIMITS.sttItems;
  }

  /** All sound up to there is in what won't change any more; undefined where that isn't known. */
  get settledS(): number | undefined {
    return this.isSettled ? [...this.#segments.values()].at(-1)?.endS : undefined;
  }

  /** Nothing was heard that may still change. */
  get isSettled(): boolean {
    return [...this.#segments.values()].every(segment => segment.isSettled);
  }

  /** In plain words, all of it. */
  get text(): string {
    return plainWords([...this.#segments.values()].map(({ text }) => text).join(' '));
  }

  /** The final; alternatives only where nothing else was said that they would have to be combined with. */
  get recognition(): Recognition {
    const { text } = this;
    const spoken = [...this.#segments.values()].filter(segment => plainWords(segment.text) !== '');
    const confidences = spoken.flatMap(segment => segment.confidences);
    const sum = confidences.reduce((total, confidence) => total + confidence, 0);
    const others = spoken.length === 1 ? spoken[0]!.alternatives : [];
    return {
      text,
      confidence: confidences.length === 0 ? 0 : Math.min(1, Math.max(0, sum / confidences.length)),
      alternatives: others
        .map(other => ({ text: plainWords(other.text), confidence: other.confidence }))
        .filter(other => other.text !== '' && other.text !== text),
    };
  }
}
