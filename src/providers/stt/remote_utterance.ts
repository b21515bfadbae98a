import { LIMITS } from '../../config/limits.ts';
import { type FaultKind, ProviderFault } from '../provider_fault.ts';
import type { Recognition, SttSession } from '../types.ts';

/** How long a final may take; LIMITS unless given. */
export interface FinalLimits {
  /** From the end of the utterance to its final. */
  readonly finalMs: number;
  /** Without a sign of life from the provider meanwhile. */
  readonly silentMs: number;
}

/** What is done for an utterance at the provider, in this order. */
export interface RemoteUtteranceOptions {
  /** Provider's name, for errors. */
  readonly name: string;
  readonly rateHz: 8000 | 16000;
  readonly limits: Partial<FinalLimits> | undefined;
  readonly onPartial: ((text: string) => void) | undefined;
  /** Sound goes over in pieces at least this long: fewer messages, no later final. */
  readonly pieceMs: number;
  /** Some sound, which may be kept. */
  readonly audio: (pcm: Int16Array) => void;
  /** All sound, of which there was some, has been told: the final is wanted. */
  readonly end: () => void;
  /** Told once, at the final, or when it was given up or has failed, `isWell` false and `fault` says why. */
  readonly over: (isWell: boolean, fault?: ProviderFault) => void;
}

const NO_SOUND = new Int16Array(0);
const NOTHING: Recognition = { text: '', confidence: 0, alternatives: [] };

/** One utterance on its way to a provider: gathers sound, keeps time, and gives one final or one fault. */
export class RemoteUtterance implements SttSession {
  readonly #options: RemoteUtteranceOptions;
  readonly #final = Promise.withResolvers<Recognition>();
  readonly #pieceSamples: number;
  #samples = 0;
  /** Gathered for the next piece; given away with it. */
  #pending = NO_SOUND;
  #pendingSamples = 0;
  #partial = '';
  #state: 'listening' | 'finishing' | 'over' = 'listening';
  #due: NodeJS.Timeout | undefined;
  #silent: NodeJS.Timeout | undefined;

  constructor(options: RemoteUtteranceOptions) {
    this.#options = options;
    this.#pieceSamples = (options.pieceMs * options.rateHz) / 1000;
    // It may fail before anybody has asked for the final.
    this.#final.promise.catch(() => {});
  }

  get isFinishing(): boolean {
    return this.#state === 'finishing';
  }

  get durationMs(): number {
    return (this.#samples * 1000) / this.#options.rateHz;
  }

  write(pcm: Int16Array): void {
    const left = LIMITS.utteranceSeconds * this.#options.rateHz - this.#samples;
    if (this.#state !== 'listening' || left <= 0 || pcm.length === 0) return;
    this.#gather(pcm.length > left ? pcm.subarray(0, left) : pcm);
    if (this.#pendingSamples >= this.#pieceSamples) this.flush();
  }

  finish(): Promise<Recognition> {
    if (this.#state !== 'listening') return this.#final.promise;
    if (this.#samples === 0) {
      this.done(NOTHING);
      return this.#final.promise;
    }
    this.flush();
    // What was told may have failed at once.
    if (this.#isOver()) return this.#final.promise;
    this.#state = 'finishing';
    const { limits, end } = this.#options;
    const finalMs = limits?.finalMs ?? LIMITS.sttFinalMs;
    this.#due = setTimeout(() => this.fail('timeout', `gave no final in ${finalMs} ms`), finalMs);
    this.sign();
    end();
    return this.#final.promise;
  }

  cancel(): void {
    this.fail('refused', 'was told to give up');
  }

  /** The provider lives. */
  sign(): void {
    if (this.#state !== 'finishing') return;
    clearTimeout(this.#silent);
    const silentMs = this.#options.limits?.silentMs ?? LIMITS.sttSilentMs;
    this.#silent = setTimeout(() => this.fail('timeout', `was silent for ${silentMs} ms`), silentMs);
  }

  /** The whole utterance so far, in plain words. */
  partial(text: string): void {
    if (this.#state !== 'listening' || text === '' || text === this.#partial) return;
    this.#partial = text;
    this.#options.onPartial?.(text);
  }

  done(recognition: Recognition): void {
    if (!this.#end(true)) return;
    this.#final.resolve(recognition.text === '' ? NOTHING : recognition);
  }

  fail(kind: FaultKind, what: string): void {
    this.failWith(new ProviderFault('STT_FAILED', kind, `${this.#options.name} ${what}`));
  }

  failWith(fault: ProviderFault): void {
    if (this.#end(false, fault)) this.#final.reject(fault);
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }

  /** Tells what is gathered now, though it is less than a piece. */
  flush(): void {
    if (this.#pendingSamples === 0) return;
    const isFull = this.#pendingSamples === this.#pending.length;
    const pcm = isFull ? this.#pending : this.#pending.slice(0, this.#pendingSamples);
    this.#pending = NO_SOUND;
    this.#pendingSamples = 0;
    this.#options.audio(pcm);
  }

  #gather(pcm: Int16Array): void {
    const end = this.#pendingSamples + pcm.length;
    if (end > this.#pending.length) {
      const grown = new Int16Array(Math.max(end, this.#pieceSamples));
      grown.set(this.#pending.subarray(0, this.#pendingSamples));
      this.#pending = grown;
    }
    this.#pending.set(pcm, this.#pendingSamples);
    this.#pendingSamples = end;
    this.#samples += pcm.length;
  }

  /** False when it was over already. */
  #end(isWell: boolean, fault?: ProviderFault): boolean {
    if (this.#state === 'over') return false;
    this.#state = 'over';
    clearTimeout(this.#due);
    clearTimeout(this.#silent);
    this.#pending = NO_SOUND;
    this.#pendingSamples = 0;
    this.#options.over(isWell, fault);
    return true;
  }
}
