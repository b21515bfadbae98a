import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { type TimeLimit, within } from '../providers/failover/timing.ts';
import type { Recognition, Stt, SttSession } from '../providers/types.ts';
import type { AnsweredBy } from '../providers/use.ts';
import type { FlowStep } from '../workflow/types.ts';
import { Belief } from './belief.ts';
import { CardGuard } from './card_guard.ts';
import { GIVEN_UP } from './given_up.ts';
import type { After, CallAudio, CallRecording } from './ports.ts';

/** How a caller's turn is listened to. */
export interface Ear {
  readonly stt: Stt;
  readonly rateHz: PipelineRateHz;
  readonly after: After;
  /** Media time of the call in milliseconds. */
  nowMs(): number;
  /** Told what was understood of a turn so far, as it changes. */
  onPartial(turn: CallerTurn, text: string): void;
  readonly belief: Belief;
  readonly cards: CardGuard;
}

/** How one call is listened to: what is doubted is remembered from turn to turn. */
export function earOf(
  parts: {
    readonly stt: Stt;
    readonly audio: CallAudio;
    readonly after: After;
    readonly recording: CallRecording;
  },
  onPartial: Ear['onPartial'],
): Ear {
  const { stt, audio, after } = parts;
  const cards = new CardGuard(parts.recording);
  return {
    stt,
    rateHz: audio.rateHz,
    after,
    belief: new Belief(),
    cards,
    nowMs: () => audio.mediaMs(),
    onPartial: (turn, text) => {
      cards.partial(text, turn.onsetMs);
      onPartial(turn, text);
    },
  };
}

/** What the caller's turn answers. */
type Asked = Pick<FlowStep, 'expect' | 'minConfidence'>;

const FIRST_CAPACITY_SECONDS = 2;
/** Waited at the end of a turn for what was asked for at its last pause. */
const SETTLED_SOON_MS = 100;
const FINAL_LIMIT: TimeLimit = {
  limitMs: LIMITS.sttFinalMs,
  late: () => new TrunklineError('STT_FAILED', `no final within ${LIMITS.sttFinalMs} ms`),
};

/**
 * One utterance of the caller from its onset. The samples are kept until it is answered, so that a recogniser that
 * fails is asked once more and an utterance that goes on after a pause is recognised as a whole.
 */
export class CallerTurn {
  readonly #ear: Ear;
  readonly #asked: Asked;
  readonly #closed = new AbortController();
  #onsetMs: number;
  #pcm: Int16Array;
  #length = 0;
  #session: SttSession | undefined;
  #recognition: Recognition | undefined;
  /** What was understood when the caller fell silent last; undefined since there was more. */
  #settled: Promise<Recognition | undefined> | undefined;
  #finalMs = 0;
  #heardBy: AnsweredBy | undefined;
  #written = '';

  /** `preRoll` holds the caller's audio from shortly before `onsetMs` until now. */
  constructor(ear: Ear, asked: Asked, onsetMs: number, preRoll: Int16Array) {
    this.#ear = ear;
    this.#asked = asked;
    this.#onsetMs = onsetMs;
    this.#pcm = new Int16Array(FIRST_CAPACITY_SECONDS * ear.rateHz);
    this.#keep(preRoll);
    this.#session = this.#tryOpen();
  }

  get onsetMs(): number {
    return this.#onsetMs;
  }

  get durationMs(): number {
    return (this.#length * 1000) / this.#ear.rateHz;
  }

  /** When the recogniser had its final, in media time; 0 before. */
  get finalMs(): number {
    return this.#finalMs;
  }

  /** Who told what was understood last; undefined before, and where it is not known. */
  get heardBy(): AnsweredBy | undefined {
    return this.#heardBy;
  }

  /** The words as they may be written down. */
  get written(): string {
    return this.#written;
  }

  get isCancelled(): boolean {
    return this.#closed.signal.aborted;
  }

  /** Beyond LIMITS.utteranceSeconds nothing is taken any more. */
  write(pcm: Int16Array): void {
    const kept = this.#keep(pcm);
    if (kept.length === 0) return;
    try {
      this.#session?.write(kept);
    } catch {
      this.#dropSession();
    }
  }

  /**
   * The caller has fallen silent: what was understood so far, as it would be if that were all. Undefined where the recogniser
   * can't tell. What is not believed comes back without text.
   */
  async preview(): Promise<Recognition | undefined> {
    this.#settled ??= this.#settle();
    const recognition = await this.#settled;
    if (recognition === undefined || this.#closed.signal.aborted) return undefined;
    return this.#believed(recognition);
  }

  /** There is more: what was understood before is not the whole of it. */
  resumed(): void {
    this.#settled = undefined;
  }

  /** The caller had only paused: what was heard before belongs in front of what is heard since. */
  continueFrom(previous: CallerTurn): void {
    previous.cancel();
    this.resumed();
    this.#dropSession();
    const since = this.#pcm.subarray(0, this.#length);
    this.#pcm = new Int16Array(previous.#length + since.length);
    this.#length = 0;
    this.#keep(previous.#pcm.subarray(0, previous.#length));
    this.#keep(since);
    this.#onsetMs = previous.#onsetMs;
    this.#recognition = previous.#recognition;
    this.#session = this.#tryOpen();
  }

  /**
   * Ends the utterance. What is not believed comes back without text.
   * @throws TrunklineError STT_FAILED where a second attempt fails, or the first took too long for one
   */
  async recognise(): Promise<Recognition> {
    const settled = await this.#settledSoon();
    this.#closed.signal.throwIfAborted();
    if (settled !== undefined && settled.text !== '') this.#release();
    this.#recognition = this.#believed(settled?.text ? settled : await this.#twice());
    this.#written = this.#ear.cards.final(this.#recognition.text, this.#onsetMs);
    return this.#recognition;
  }

  /** Gives up without a result; safe at any time. */
  cancel(): void {
    this.#closed.abort(GIVEN_UP);
    this.#dropSession();
  }

  #believed(recognition: Recognition): Recognition {
    const judged = this.#ear.belief.judge(recognition, this.#onsetMs, this.#asked.minConfidence);
    // A cough after a pause must not undo what was understood before it.
    return judged.text === '' ? (this.#recognition ?? judged) : judged;
  }

  /** Beyond a moment the final is asked for, which others give where this recogniser hangs. */
  async #settledSoon(): Promise<Recognition | undefined> {
    if (this.#settled === undefined) return undefined;
    return this.#within(this.#settled, { ...FINAL_LIMIT, limitMs: SETTLED_SOON_MS }).catch(() => undefined);
  }

  async #settle(): Promise<Recognition | undefined> {
    const settling = this.#session?.settle?.();
    if (settling === undefined) return undefined;
    try {
      const recognition = await this.#within(settling);
      this.#finalMs = this.#ear.nowMs();
      this.#ear.onPartial(this, recognition.text);
      return recognition;
    } catch {
      return undefined;
    }
  }

  /** Nobody waits for the session's own final any more. */
  #release(): void {
    this.#session?.finish().catch(() => undefined);
    this.#session = undefined;
  }

  async #twice(): Promise<Recognition> {
    const askedAtMs = this.#ear.nowMs();
    try {
      return await this.#final(LIMITS.sttFinalMs);
    } catch (error) {
      this.#dropSession();
      const waitedMs = this.#ear.nowMs() - askedAtMs;
      // What broke may be whole again; who was late has asked all others by then.
      if (this.#closed.signal.aborted || waitedMs > LIMITS.sttAskedAgainMs) throw error;
      return await this.#final(LIMITS.sttFinalMs - waitedMs);
    }
  }

  async #final(limitMs: number): Promise<Recognition> {
    const session = this.#session ?? this.#open();
    this.#session = session;
    const recognition = await this.#within(session.finish(), { ...FINAL_LIMIT, limitMs });
    this.#finalMs = this.#ear.nowMs();
    this.#session = undefined;
    return recognition;
  }

  #within<T>(work: Promise<T>, limit = FINAL_LIMIT): Promise<T> {
    return within(work, this.#ear, this.#closed.signal, limit);
  }

  /** Copies samples to the utterance and returns them where they lie; they never change afterwards. */
  #keep(pcm: Int16Array): Int16Array {
    const limit = LIMITS.utteranceSeconds * this.#ear.rateHz;
    const length = Math.min(pcm.length, limit - this.#length);
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

  /** A session that has been given all that was heard so far. */
  #open(): SttSession {
    const { stt, rateHz } = this.#ear;
    const onPartial = (text: string) => this.#ear.onPartial(this, text);
    const onAnswer = (by: AnsweredBy) => {
      // What a session tells that was let go is not what is answered.
      if (this.#session === session) this.#heardBy = by;
    };
    const session: SttSession = stt.open({ rateHz, expect: this.#asked.expect, onPartial, onAnswer });
    try {
      for (let from = 0; from < this.#length; from += rateHz) {
        session.write(this.#pcm.subarray(from, Math.min(this.#length, from + rateHz)));
      }
    } catch (error) {
      session.cancel();
      throw error;
    }
    return session;
  }

  /** A recogniser that can't begin now is asked again at the end of the utterance. */
  #tryOpen(): SttSession | undefined {
    try {
      return this.#open();
    } catch {
      return undefined;
    }
  }

  #dropSession(): void {
    this.#session?.cancel();
    this.#session = undefined;
  }
}
