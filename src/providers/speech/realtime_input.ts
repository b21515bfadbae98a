import { LIMITS } from '../../config/limits.ts';
import { StreamResampler } from '../tts/stream_resampler.ts';
import { WIRE_RATE_HZ } from './realtime_exchange.ts';

/** Fewer messages, and no later answer. */
const PIECE_SAMPLES = 0.05 * WIRE_RATE_HZ;
/** The API refuses to commit less than 100 ms. */
const LEAST_SAMPLES = 0.11 * WIRE_RATE_HZ;

/** The sound of one turn on its way to the Realtime API: 16 bits at 24 kHz, base64, in pieces. */
export class CallerSound {
  readonly #rateHz: number;
  readonly #resampler: StreamResampler;
  readonly #send: (audio: string) => void;
  #pending: Int16Array[] = [];
  #pendingSamples = 0;
  #sentSamples = 0;
  #takenSamples = 0;
  #isOver = false;

  constructor(rateHz: 8000 | 16000, send: (audio: string) => void) {
    this.#rateHz = rateHz;
    this.#resampler = new StreamResampler(rateHz, WIRE_RATE_HZ);
    this.#send = send;
  }

  get durationMs(): number {
    return (this.#takenSamples * 1000) / this.#rateHz;
  }

  /** Beyond LIMITS.utteranceSeconds nothing is taken any more. */
  write(pcm: Int16Array): void {
    const left = LIMITS.utteranceSeconds * this.#rateHz - this.#takenSamples;
    if (this.#isOver || left <= 0 || pcm.length === 0) return;
    const taken = pcm.subarray(0, left);
    this.#takenSamples += taken.length;
    this.#gather(this.#resampler.push(taken));
    if (this.#pendingSamples >= PIECE_SAMPLES) this.#flush();
  }

  /** Sends what is left, where it counts, silence with it if that is too little; true if anything was ever sent. */
  end(counts: boolean): boolean {
    if (this.#isOver) return this.#sentSamples > 0;
    this.#isOver = true;
    if (counts) {
      this.#gather(this.#resampler.end());
      const missing = LEAST_SAMPLES - this.#sentSamples - this.#pendingSamples;
      if (missing > 0) this.#gather(new Int16Array(missing));
      this.#flush();
    }
    return this.#sentSamples > 0;
  }

  #gather(pcm: Int16Array): void {
    this.#pending.push(pcm);
    this.#pendingSamples += pcm.length;
  }

  #flush(): void {
    const bytes = this.#pending.map(pcm => Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength));
    this.#sentSamples += this.#pendingSamples;
    this.#pending = [];
    this.#pendingSamples = 0;
    const audio = Buffer.concat(bytes);
    if (audio.length > 0) this.#send(audio.toString('base64'));
  }
}
