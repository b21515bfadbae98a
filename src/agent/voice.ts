import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { wholeSentence } from '../providers/tts/whole_sentence.ts';
import type { SpokenSentence, Tts } from '../providers/types.ts';
import { withDeadline } from './deadline.ts';
import type { After } from './ports.ts';

export type SpeechRateHz = SpokenSentence['rateHz'];

/** The synthesiser as a call uses it: each sentence is tried twice, in bounded time; kept sentences cost nothing. */
export class Voice {
  readonly #tts: Tts;
  readonly #after: After;
  readonly #kept = new Map<string, SpokenSentence>();

  constructor(tts: Tts, after: After) {
    this.#tts = tts;
    this.#after = after;
  }

  /** Renders sentences for as long as the voice lives. @throws TrunklineError TTS_FAILED */
  async keep(sentences: readonly string[], rateHz: SpeechRateHz): Promise<void> {
    const { signal } = new AbortController();
    for (const sentence of sentences) {
      this.#kept.set(keyOf(sentence, rateHz), await this.render(sentence, rateHz, signal));
    }
  }

  /** Rejects with TTS_FAILED, or with the signal's reason when aborted. */
  async render(sentence: string, rateHz: SpeechRateHz, signal: AbortSignal): Promise<SpokenSentence> {
    const kept = this.#kept.get(keyOf(sentence, rateHz));
    if (kept !== undefined) return kept;
    try {
      return await this.#attempt(sentence, rateHz, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      return await this.#attempt(sentence, rateHz, signal);
    }
  }

  async #attempt(sentence: string, rateHz: SpeechRateHz, signal: AbortSignal): Promise<SpokenSentence> {
    const attempt = new AbortController();
    try {
      return await withDeadline(wholeSentence(this.#tts, sentence, { rateHz, signal: attempt.signal }), {
        after: this.#after,
        limitMs: LIMITS.ttsSentenceMs,
        signal,
        late: () => new TrunklineError('TTS_FAILED', `no sound within ${LIMITS.ttsSentenceMs} ms`),
      });
    } catch (error) {
      attempt.abort(error);
      throw error;
    }
  }
}

function keyOf(sentence: string, rateHz: SpeechRateHz): string {
  return `${rateHz} ${sentence}`;
}
