import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { type TimeLimit, Waits } from '../providers/failover/timing.ts';
import { wholeSentence } from '../providers/tts/whole_sentence.ts';
import type { SpokenPiece, SpokenSentence, Tts, TtsOptions } from '../providers/types.ts';
import type { Asker } from '../providers/use.ts';
import type { Delivery } from '../workflow/types.ts';
import { asDelivered } from './delivery.ts';
import type { After } from './ports.ts';

export type SpeechRateHz = SpokenSentence['rateHz'];

/** Whoever speaks sentences at a call's rate. */
export type Speaker = Pick<Voice, 'speak'>;

const PIECE_LIMIT: TimeLimit = {
  limitMs: LIMITS.ttsSentenceMs,
  late: () => new TrunklineError('TTS_FAILED', `no sound within ${LIMITS.ttsSentenceMs} ms`),
};

/**
 * The synthesiser as a call uses it: a sentence of which nothing came is tried twice, each piece comes in bounded time, and
 * kept sentences cost nothing.
 */
export class Voice {
  readonly #tts: Tts;
  readonly #after: After;
  readonly #kept: Map<string, SpokenSentence>;
  readonly #onUse: Asker['onUse'];

  /** `of` shares what it keeps. */
  constructor(tts: Tts, after: After, of?: { readonly kept: Voice; readonly onUse: Asker['onUse'] }) {
    this.#tts = tts;
    this.#after = after;
    this.#kept = of === undefined ? new Map() : of.kept.#kept;
    this.#onUse = of?.onUse;
  }

  /** The same voice for somebody who is told what comes to be asked of providers. */
  heldBy({ onUse }: Asker): Voice {
    return new Voice(this.#tts, this.#after, { kept: this, onUse });
  }

  /** Renders sentences for as long as the voice lives. @throws TrunklineError TTS_FAILED */
  async keep(sentences: readonly string[], rateHz: SpeechRateHz): Promise<void> {
    const { signal } = new AbortController();
    const speak: Tts['speak'] = (sentence, options) => this.speak(sentence, options.rateHz, options.signal);
    for (const sentence of sentences)
      this.#kept.set(keyOf(sentence, rateHz), await wholeSentence({ speak }, sentence, { rateHz, signal }));
  }

  /** Sentences that are not said that often any more. */
  forget(sentences: Iterable<string>, rateHz: SpeechRateHz): void {
    for (const sentence of sentences) this.#kept.delete(keyOf(sentence, rateHz));
  }

  /** A sentence will be wanted soon. */
  prepare(rateHz: SpeechRateHz): void {
    this.#tts.prepare?.(rateHz);
  }

  /** The same voice as a caller has asked for it. */
  delivered(delivery: Delivery | undefined): Speaker {
    if (delivery === undefined) return this;
    return {
      speak: (sentence, rateHz, signal, onAnswer) =>
        asDelivered(this.speak(sentence, rateHz, signal, onAnswer), rateHz, delivery),
    };
  }

  /** `onAnswer` as providers tell it. Throws TTS_FAILED, or the signal's reason when aborted. */
  async *speak(
    sentence: string,
    rateHz: SpeechRateHz,
    signal: AbortSignal,
    onAnswer?: Asker['onAnswer'],
  ): AsyncGenerator<SpokenPiece> {
    const kept = this.#kept.get(keyOf(sentence, rateHz));
    if (kept !== undefined) {
      yield kept;
      return;
    }
    let isSilent = true;
    try {
      for await (const piece of this.#attempt(sentence, { rateHz, signal, onAnswer })) {
        isSilent = false;
        yield piece;
      }
    } catch (error) {
      if (signal.aborted || !isSilent) throw error;
      yield* this.#attempt(sentence, { rateHz, signal, onAnswer });
    }
  }

  async *#attempt(sentence: string, { rateHz, signal, onAnswer }: TtsOptions): AsyncGenerator<SpokenPiece> {
    const attempt = new AbortController();
    const asked = { rateHz, signal: attempt.signal, onAnswer, onUse: this.#onUse };
    const pieces = this.#tts.speak(sentence, asked)[Symbol.asyncIterator]();
    const waits = new Waits({ after: this.#after }, signal);
    const next = () => waits.for(pieces.next(), PIECE_LIMIT);
    let reason: unknown = new Error('nobody listens any more');
    try {
      for (let piece = await next(); piece.done !== true; piece = await next()) yield piece.value;
    } catch (error) {
      reason = error;
      throw error;
    } finally {
      waits.close();
      attempt.abort(reason);
      void pieces.return?.().catch(() => undefined);
    }
  }
}

function keyOf(sentence: string, rateHz: SpeechRateHz): string {
  return `${rateHz} ${sentence}`;
}
