import { LIMITS } from '../../config/limits.ts';
import type { SpokenPiece, Tts, TtsOptions } from '../types.ts';
import { type Attempt, type FailoverObserver, faultOf } from './attempt.ts';
import type { Candidates } from './candidates.ts';
import { firstToSpeak, type RaceLimits, type Won } from './race.ts';
import { Rounds } from './rounds.ts';
import { SpokenSoFar } from './spoken_so_far.ts';
import { type Begun, beginStream } from './stream.ts';

const RACE: RaceLimits = {
  hedgeLeastMs: LIMITS.ttsHedgeLeastMs,
  hedgeMostMs: LIMITS.ttsHedgeMostMs,
  attemptMs: LIMITS.ttsFailoverMs,
  lastMs: LIMITS.ttsSentenceMs,
};

/**
 * Synthesisers in order, as one. Each sentence goes to the first that works, and to a second one beside it when the first sound
 * is late; when one fails in mid-sentence the next goes on with the word after the last one begun.
 */
export class FailoverTts implements Tts {
  readonly name = 'failover';
  readonly #candidates: Candidates<Tts>;
  readonly #observer: FailoverObserver;

  constructor(candidates: Candidates<Tts>, observer: FailoverObserver) {
    this.#candidates = candidates;
    this.#observer = observer;
  }

  prepare(rateHz: 8000 | 16000): void {
    for (const { provider } of this.#candidates.list) provider.prepare?.(rateHz);
  }

  async *speak(sentence: string, options: TtsOptions): AsyncGenerator<SpokenPiece> {
    const { rateHz, signal, onAnswer } = options;
    const rounds = new Rounds(this.#candidates, this.#observer, signal);
    const spoken = new SpokenSoFar(sentence, rateHz);
    const playout = new Playout(this.#candidates.clock.nowMs);
    const pass = (piece: SpokenPiece): SpokenPiece => {
      playout.add((piece.pcm.length * 1000) / rateHz);
      return spoken.take(piece);
    };
    for (let isOver = false; !isOver; ) {
      const { attempt, result } = await this.#begin(rounds, sentence, options, spoken);
      onAnswer?.(attempt.answeredBy);
      try {
        spoken.begin(attempt.provider.name);
        for (const piece of result.pieces) yield pass(piece);
        for (;;) {
          const piece = await this.#next(rounds, attempt, result, playout.aheadMs);
          if (piece === undefined) break;
          yield pass(piece);
        }
        const last = spoken.finish();
        attempt.succeeded();
        isOver = true;
        if (last.words.length > 0) yield last;
      } catch (error) {
        signal.throwIfAborted();
        rounds.failed(attempt, error);
        spoken.broken();
        isOver = spoken.soundMs > 0 && !spoken.hasRest;
        if (isOver) yield spoken.halves();
      } finally {
        // Whoever asked may have stopped listening.
        attempt.abandoned();
        result.stream.close();
      }
    }
  }

  /** The synthesisers are shared: whoever made the candidates closes them. */
  async close(): Promise<void> {}

  #begin(
    rounds: Rounds<Tts>,
    sentence: string,
    { rateHz, onUse }: TtsOptions,
    spoken: SpokenSoFar,
  ): Promise<Won<Tts, Begun<SpokenPiece>>> {
    const text = spoken.soundMs > 0 ? spoken.rest : sentence;
    return firstToSpeak({
      rounds,
      limits: RACE,
      start: attempt =>
        beginStream(
          this.#candidates,
          attempt,
          attempt.provider.speak(text, { rateHz, signal: attempt.signal, onUse }),
          ({ pcm }) => pcm.length > 0,
          !spoken.hasRest,
        ),
    });
  }

  /** Whoever has sound ahead may pause, until the next one has to begin for it to be heard in time. */
  #next(
    rounds: Rounds<Tts>,
    attempt: Attempt<Tts>,
    { stream }: Begun<SpokenPiece>,
    aheadMs: number,
  ): Promise<SpokenPiece | undefined> {
    const isLast = rounds.isLast(attempt.candidate);
    const { ttsPauseMs, ttsSentenceMs } = LIMITS;
    return stream.next({
      limitMs: isLast ? aheadMs + ttsSentenceMs : Math.max(ttsPauseMs, aheadMs - ttsPauseMs),
      late: () => faultOf('tts', attempt.provider.name, 'timeout', 'fell silent in mid-sentence'),
    });
  }
}

/** How much sound is ahead of what can have been heard by now, were it heard as soon as it is there. */
class Playout {
  readonly #nowMs: () => number;
  #endsAtMs = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get aheadMs(): number {
    return Math.max(0, this.#endsAtMs - this.#nowMs());
  }

  add(soundMs: number): void {
    this.#endsAtMs = Math.max(this.#endsAtMs, this.#nowMs()) + soundMs;
  }
}
