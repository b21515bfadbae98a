import { EstimatedWords } from '../../providers/tts/estimated_words.ts';
import type { Delivery } from '../../workflow/types.ts';
import { DeliveredSound } from '../delivery.ts';
import type { OwnSound, Sounding } from '../sounding.ts';

/** Of voice, for one unit of a word's weight: a usual pace, until the whole sound tells its own. */
const PACE_MS = 55;

/**
 * The sound of a model that speaks by itself, with its transcript, which may run ahead of it. Nobody tells when its words are
 * said: they are laid over the voice by length.
 */
export class SpeechSound implements OwnSound, Sounding {
  readonly #rateHz: number;
  readonly #delivered: DeliveredSound | undefined;
  readonly #pieces: Int16Array[] = [];
  #taken = 0;
  #samples = 0;
  #transcript = '';
  #isWhole = false;
  #isGivenUp = false;
  #heardMs = 0;
  #firstWordMs: number | undefined;
  /** When the end of the first word was looked for, in samples. */
  #lookedAt = 0;
  #onSound: () => void = () => undefined;
  #wake: () => void = () => undefined;

  /** `delivery` is how the caller asked to be spoken to. */
  constructor(rateHz: number, delivery?: Delivery) {
    this.#rateHz = rateHz;
    if (delivery !== undefined) this.#delivered = new DeliveredSound(rateHz, delivery);
  }

  begin(onSound: () => void): Sounding {
    this.#onSound = onSound;
    if (this.#samples > 0) onSound();
    return this;
  }

  add(spoken: Int16Array): void {
    this.#take(this.#delivered?.push(spoken) ?? spoken);
  }

  #take(pcm: Int16Array): void {
    if (pcm.length === 0) return;
    this.#pieces.push(pcm);
    this.#samples += pcm.length;
    this.#onSound();
    this.#wake();
  }

  say(words: string): void {
    this.#transcript += words;
  }

  /** No more comes. */
  end(): void {
    if (!this.#isWhole && this.#delivered !== undefined) this.#take(this.#delivered.end());
    this.#isWhole = true;
    this.#wake();
  }

  /** Nobody listens to the rest. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#wake();
  }

  /** No more comes, though more was written down: what was not said counts no longer. */
  breakOff(): void {
    const said = this.#wordEnds(Number.POSITIVE_INFINITY).length;
    if (!this.#isWhole) this.#transcript = this.text.split(' ').slice(0, said).join(' ');
    this.end();
  }

  /** All that was written down of it so far. */
  get text(): string {
    return this.#transcript.replaceAll(/\s+/gu, ' ').trim();
  }

  /** Of its sound as the model spoke it, at last; 0 as long as nobody has said so. */
  get heardMs(): number {
    return this.#heardMs * (this.#delivered?.tempo ?? 1);
  }

  async next(): Promise<Int16Array | undefined> {
    for (;;) {
      const pcm = this.#pieces[this.#taken];
      if (pcm !== undefined) {
        this.#taken += 1;
        return pcm;
      }
      if (this.#isWhole || this.#isGivenUp) return undefined;
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }

  get firstWordMs(): number {
    if (this.#firstWordMs !== undefined) return this.#firstWordMs;
    if (this.#lookedAt === this.#samples && !this.#isWhole) return Number.POSITIVE_INFINITY;
    this.#lookedAt = this.#samples;
    this.#firstWordMs = this.#wordEnds(1)[0] ?? (this.#isWhole ? this.#soundMs : undefined);
    return this.#firstWordMs ?? Number.POSITIVE_INFINITY;
  }

  heard(heardMs: number): string {
    if (this.#isWhole && heardMs >= this.#soundMs) return this.text;
    const ends = this.#wordEnds(Number.POSITIVE_INFINITY);
    const count = ends.filter(endMs => endMs <= heardMs).length;
    return this.text.split(' ').slice(0, count).join(' ');
  }

  close(heardMs: number): void {
    this.#heardMs = Math.min(heardMs, this.#soundMs);
  }

  get #usualPaceMs(): number {
    return PACE_MS / (this.#delivered?.tempo ?? 1);
  }

  get #soundMs(): number {
    return (this.#samples * 1000) / this.#rateHz;
  }

  /** Of the first words, as far as the sound goes. */
  #wordEnds(most: number): number[] {
    const ends: number[] = [];
    if (this.text === '') return ends;
    const words = new EstimatedWords(
      this.text,
      this.#rateHz,
      this.#isWhole ? this.#paceMs() : this.#usualPaceMs,
    );
    for (const pcm of this.#pieces) words.add(pcm);
    while (ends.length < most) {
      const word = words.guess();
      if (word === undefined) break;
      ends.push(word.endMs);
    }
    if (this.#isWhole && ends.length < most) ends.push(...words.rest().map(({ endMs }) => endMs));
    return ends;
  }

  #paceMs(): number {
    const words = new EstimatedWords(this.text, this.#rateHz, PACE_MS);
    for (const pcm of this.#pieces) words.add(pcm);
    return words.measuredPaceMs ?? this.#usualPaceMs;
  }
}
