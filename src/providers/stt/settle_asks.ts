import { ProviderFault } from '../provider_fault.ts';
import type { Recognition } from '../types.ts';

/** What was said in so many parts of the utterance was asked for. */
interface Ask {
  readonly parts: number;
  readonly answer: PromiseWithResolvers<Recognition>;
}

/**
 * Those who ask what was said so far, of an utterance whose parts end where somebody asks, and are told in order: each is answered
 * once all parts up to there are told.
 */
export class SettleAsks {
  readonly #name: string;
  #asks: Ask[] = [];
  #isOver = false;

  /** `name` is the provider's, for faults. */
  constructor(name: string) {
    this.#name = name;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isEmpty(): boolean {
    return this.#asks.length === 0;
  }

  /** @throws ProviderFault refused, where the utterance is over, or is about to be */
  begin(isFinishing: boolean): void {
    if (this.#isOver || isFinishing) throw this.refusal('is done with the utterance');
  }

  /** Asks for the first `parts`; shared with whoever asked for the same. */
  ask(parts: number): Promise<Recognition> {
    const known = this.#asks.find(ask => ask.parts === parts);
    if (known !== undefined) return known.answer.promise;
    const answer = Promise.withResolvers<Recognition>();
    // Whoever asked may have gone.
    answer.promise.catch(() => undefined);
    this.#asks.push({ parts, answer });
    return answer.promise;
  }

  /** So many parts are told; `recognitionOf` what the first of them come to. */
  told(parts: number, recognitionOf: (parts: number) => Recognition): void {
    const answered = this.#asks.filter(ask => ask.parts <= parts);
    this.#asks = this.#asks.filter(ask => ask.parts > parts);
    for (const ask of answered) ask.answer.resolve(recognitionOf(ask.parts));
  }

  /** All that was sent is sent anew, as one part. */
  startAgain(): void {
    this.#asks = this.#asks.map(({ answer }) => ({ parts: 1, answer }));
  }

  /** Nobody is answered any more. */
  end(fault: ProviderFault | undefined): void {
    this.#isOver = true;
    for (const { answer } of this.#asks) answer.reject(fault ?? this.refusal('was not in time'));
    this.#asks = [];
  }

  refusal(what: string): ProviderFault {
    return new ProviderFault('STT_FAILED', 'refused', `${this.#name} ${what}`);
  }
}
