import { LIMITS } from '../../config/limits.ts';
import type { Recognition } from '../types.ts';
import { MelSpectrum } from './mel_spectrum.ts';
import { type Excerpt, excerptOf, featuresOf, type SpeechFeatures, WARPS } from './speech_features.ts';

/** How often pauses are looked for. */
const CHECK_FRAMES = 10;
/** Ends of speech this close together are the same one, seen with more or less silence behind it. */
const SAME_END_FRAMES = 6;

export type Search = (features: SpeechFeatures) => Promise<Recognition>;

export interface UtteranceOptions {
  readonly rateHz: 8000 | 16000;
  /** Silence, in frames of 10 ms, after which it may be over, so that it is searched ahead of its end. */
  readonly pauseFrames: number;
  readonly onPartial?: ((text: string) => void) | undefined;
}

const NOTHING: Recognition = { text: '', confidence: 0, alternatives: [] };

/**
 * One utterance as it comes in. Whenever the caller pauses, what was said so far is searched; when nothing more was
 * said until the end, that result is the final, which is then there at once.
 */
export class Utterance {
  readonly #rateHz: 8000 | 16000;
  readonly #pauseFrames: number;
  readonly #search: Search;
  readonly #onPartial: ((text: string) => void) | undefined;
  readonly #spectrum: MelSpectrum;
  #samplesLeft: number;
  #checkedFrames = 0;
  /** The latest search and the speech it covers. */
  #latest: { readonly excerpt: Excerpt; readonly result: Promise<Recognition>; done: boolean } | undefined;
  #over = false;

  constructor(search: Search, { rateHz, pauseFrames, onPartial }: UtteranceOptions) {
    this.#rateHz = rateHz;
    this.#pauseFrames = pauseFrames;
    this.#search = search;
    this.#onPartial = onPartial;
    this.#spectrum = new MelSpectrum(rateHz, WARPS);
    this.#samplesLeft = LIMITS.utteranceSeconds * rateHz;
  }

  write(pcm: Int16Array): void {
    if (this.#over) return;
    this.#spectrum.push(pcm.subarray(0, this.#samplesLeft));
    this.#samplesLeft = Math.max(0, this.#samplesLeft - pcm.length);
    if (this.#spectrum.frameCount - this.#checkedFrames < CHECK_FRAMES) return;
    this.#checkedFrames = this.#spectrum.frameCount;
    this.#searchAhead();
  }

  /** What was said so far. @throws TrunklineError of the grammar or the decoder */
  async settle(): Promise<Recognition> {
    const excerpt = excerptOf(this.#spectrum, this.#rateHz);
    if (excerpt === undefined) return NOTHING;
    if (this.#latest === undefined || !isSameSpeech(this.#latest.excerpt, excerpt)) this.#begin(excerpt);
    return this.#latest?.result ?? NOTHING;
  }

  /** @throws TrunklineError of the grammar or the decoder */
  async finish(): Promise<Recognition> {
    this.#over = true;
    const excerpt = excerptOf(this.#spectrum, this.#rateHz);
    if (excerpt === undefined) return NOTHING;
    if (this.#latest !== undefined && isSameSpeech(this.#latest.excerpt, excerpt)) return this.#latest.result;
    return this.#search(featuresOf(this.#spectrum, excerpt));
  }

  cancel(): void {
    this.#over = true;
  }

  #searchAhead(): void {
    if (this.#latest?.done === false) return;
    const excerpt = excerptOf(this.#spectrum, this.#rateHz);
    if (excerpt === undefined || this.#spectrum.frameCount - excerpt.lastFrame < this.#pauseFrames) return;
    if (this.#latest !== undefined && isSameSpeech(this.#latest.excerpt, excerpt)) return;
    this.#begin(excerpt);
  }

  #begin(excerpt: Excerpt): void {
    const latest = { excerpt, result: this.#search(featuresOf(this.#spectrum, excerpt)), done: false };
    this.#latest = latest;
    latest.result.then(
      ({ text }) => {
        latest.done = true;
        if (!this.#over && text !== '') this.#onPartial?.(text);
      },
      () => {
        latest.done = true;
      },
    );
  }
}

function isSameSpeech(a: Excerpt, b: Excerpt): boolean {
  return (
    a.band === b.band &&
    Math.abs(a.firstFrame - b.firstFrame) <= SAME_END_FRAMES &&
    Math.abs(a.lastFrame - b.lastFrame) <= SAME_END_FRAMES
  );
}
