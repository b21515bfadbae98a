import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import { ProviderFault } from '../provider_fault.ts';
import type { Expectation, Recognition, Stt, SttOptions, SttSession } from '../types.ts';
import { type Attempt, type FailoverObserver, isAskersFault } from './attempt.ts';
import type { Candidates } from './candidates.ts';
import { firstToSpeak, type RaceLimits, type Won } from './race.ts';
import { Rounds } from './rounds.ts';

const RACE: RaceLimits = {
  hedgeLeastMs: LIMITS.sttHedgeLeastMs,
  hedgeMostMs: LIMITS.sttHedgeMostMs,
  attemptMs: LIMITS.sttFailoverMs,
  lastMs: LIMITS.sttFinalMs,
};
/** By then the caller has waited for all of them to fail. */
const ONCE_MORE: RaceLimits = { ...RACE, attemptMs: RACE.hedgeMostMs, lastMs: RACE.hedgeMostMs };

/**
 * Recognisers in order, as one. An utterance goes to the first that works and is kept; when that one fails, or its final is
 * late, the next is given all of it.
 */
export class FailoverStt implements Stt {
  readonly name = 'failover';
  readonly #candidates: Candidates<Stt>;
  readonly #observer: FailoverObserver;

  constructor(candidates: Candidates<Stt>, observer: FailoverObserver) {
    this.#candidates = candidates;
    this.#observer = observer;
  }

  prepare(expect: Expectation): void {
    for (const { provider } of this.#candidates.list) provider.prepare(expect);
  }

  /** Throws GRAMMAR_INVALID where a recogniser does. */
  open(options: SttOptions): SttSession {
    return new Utterance(this.#candidates, this.#observer, options);
  }

  /** The recognisers are shared: whoever made the candidates closes them. */
  async close(): Promise<void> {}
}

/** A session of a recogniser that has been given all that was heard. */
interface Listener {
  readonly attempt: Attempt<Stt>;
  readonly session: SttSession;
}

class Utterance implements SttSession {
  readonly #options: SttOptions;
  readonly #control = new AbortController();
  readonly #rounds: Rounds<Stt>;
  readonly #heard: HeardAudio;
  #listener: Listener | undefined;
  /** When what was said so far was asked for, while it is not there. */
  #askedAtMs: number | undefined;
  #final: Promise<Recognition> | undefined;

  constructor(candidates: Candidates<Stt>, observer: FailoverObserver, options: SttOptions) {
    this.#options = options;
    this.#rounds = new Rounds(candidates, observer, this.#control.signal);
    this.#heard = new HeardAudio(options.rateHz);
    this.#listenNext();
  }

  /** Beyond LIMITS.utteranceSeconds nothing is taken any more. */
  write(pcm: Int16Array): void {
    if (this.#isOver) return;
    const kept = this.#heard.add(pcm);
    const listener = this.#listener;
    if (kept.length === 0 || listener === undefined) return;
    try {
      listener.session.write(kept);
    } catch (error) {
      this.#takeOver(listener, error);
    }
  }

  async settle(): Promise<Recognition> {
    const listener = this.#isOver ? undefined : this.#listener;
    if (listener?.session.settle === undefined)
      throw new TrunklineError('STT_FAILED', 'the recogniser tells nothing before the end');
    const { nowMs } = this.#rounds.candidates.clock;
    this.#askedAtMs ??= nowMs();
    const askedAtMs = this.#askedAtMs;
    try {
      const recognition = await listener.session.settle();
      const { name } = listener.attempt.provider;
      this.#options.onAnswer?.({ provider: name, ms: nowMs() - askedAtMs });
      return recognition;
    } catch (error) {
      if (this.#isOver || this.#listener !== listener || isAskersFault(error) || hasNothingToTell(error))
        throw error;
      this.#takeOver(listener, error);
      return this.settle();
    } finally {
      this.#askedAtMs = undefined;
    }
  }

  finish(): Promise<Recognition> {
    if (this.#final === undefined) {
      this.#final = this.#recognise();
      // Whoever cancels it may not wait for it.
      this.#final.catch(() => undefined);
    }
    return this.#final;
  }

  cancel(): void {
    this.#control.abort(new TrunklineError('STT_FAILED', 'the utterance was given up'));
    this.#heard.forget();
  }

  get #isOver(): boolean {
    return this.#final !== undefined || this.#control.signal.aborted;
  }

  async #recognise(): Promise<Recognition> {
    const first = this.#listener;
    // All have failed in mid-utterance: they may do better with the whole of it.
    if (first === undefined) this.#rounds.forgive();
    first?.attempt.askedNow(this.#askedAtMs);
    try {
      const { nowMs } = this.#rounds.candidates.clock;
      const latestMs = nowMs() + RACE.attemptMs;
      const { attempt, result } = await this.#race(RACE, first).catch(error => {
        if (first === undefined || nowMs() > latestMs) throw error;
        return this.#onceMore(error);
      });
      attempt.succeeded();
      this.#options.onAnswer?.(attempt.answeredBy);
      return result;
    } finally {
      this.#heard.forget();
    }
  }

  #race(limits: RaceLimits, first?: Listener): Promise<Won<Stt, Recognition>> {
    return firstToSpeak({
      rounds: this.#rounds,
      limits,
      first: first?.attempt,
      start: asked => (asked === first?.attempt ? first : this.#listen(asked)).session.finish(),
      isGood: ({ text }) => text !== '',
      // A replay takes its time.
      isMeasured: asked => asked === first?.attempt,
    });
  }

  /** Connections may have failed, and not the recognisers: they are given all of it by others, if there is time. */
  #onceMore(error: unknown): Promise<Won<Stt, Recognition>> {
    if (this.#control.signal.aborted || isAskersFault(error)) throw error;
    this.#rounds.forgive();
    return this.#race(ONCE_MORE);
  }

  #takeOver(listener: Listener, error: unknown): void {
    this.#rounds.failed(listener.attempt, error);
    this.#listener = undefined;
    this.#askedAtMs = undefined;
    try {
      this.#listenNext();
    } catch {
      // What was asked is wrong: the end of the utterance tells.
    }
  }

  /** The next recogniser that can begin; none where none can. */
  #listenNext(): void {
    for (;;) {
      const candidate = this.#rounds.next([]);
      if (candidate === undefined) return;
      const attempt = this.#rounds.begin(candidate);
      try {
        this.#listener = this.#listen(attempt);
        return;
      } catch (error) {
        if (isAskersFault(error)) {
          attempt.abandoned(error);
          throw error;
        }
        this.#rounds.failed(attempt, error);
      }
    }
  }

  #listen(attempt: Attempt<Stt>): Listener {
    const { rateHz, expect, onPartial, onUse } = this.#options;
    const tell = (text: string) => {
      if (this.#listener?.attempt === attempt && !this.#isOver) onPartial?.(text);
    };
    const session = attempt.provider.open({
      rateHz,
      expect,
      onUse,
      ...(onPartial === undefined ? {} : { onPartial: tell }),
    });
    attempt.signal.addEventListener('abort', () => session.cancel(), { once: true });
    for (const piece of this.#heard.pieces()) session.write(piece);
    return { attempt, session };
  }
}

/** Asked too early, it refuses, and hears on as before. */
function hasNothingToTell(error: unknown): boolean {
  return error instanceof ProviderFault && error.kind === 'refused';
}

/** An utterance's sound, up to LIMITS.utteranceSeconds. */
class HeardAudio {
  readonly #rateHz: number;
  #pcm: Int16Array;
  #length = 0;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
    this.#pcm = new Int16Array(2 * rateHz);
  }

  /** Copies samples, and returns where they lie; they never change afterwards. */
  add(pcm: Int16Array): Int16Array {
    const length = Math.min(pcm.length, LIMITS.utteranceSeconds * this.#rateHz - this.#length);
    const end = this.#length + length;
    if (end > this.#pcm.length) {
      const grown = new Int16Array(Math.max(end, 2 * this.#pcm.length));
      grown.set(this.#pcm.subarray(0, this.#length));
      this.#pcm = grown;
    }
    this.#pcm.set(pcm.subarray(0, length), this.#length);
    const kept = this.#pcm.subarray(this.#length, end);
    this.#length = end;
    return kept;
  }

  /** All of it, in pieces of a second at most. */
  *pieces(): Generator<Int16Array> {
    for (let from = 0; from < this.#length; from += this.#rateHz)
      yield this.#pcm.subarray(from, Math.min(this.#length, from + this.#rateHz));
  }

  forget(): void {
    this.#pcm = new Int16Array(0);
    this.#length = 0;
  }
}
