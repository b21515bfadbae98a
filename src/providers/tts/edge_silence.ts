/** Frames in which silence is judged, 10 ms. */
const FRAMES_PER_SECOND = 100;
/** Frames below −50 dBFS are silence: 15 dB and more under a quiet voice, 10 dB and more over what synthesisers hiss. */
const SILENCE_RMS = 32_768 * 10 ** (-50 / 20);
const LEAD_FRAMES = 6;
const TAIL_FRAMES = 12;

/**
 * Cuts the silence that a synthesiser leaves around a sentence, as the sound comes: all but 60 ms before the first sound
 * and all but 120 ms after the last. A longer pause is held until it is known not to be the end.
 */
export class EdgeSilence {
  readonly #frame: number;
  #rest: Int16Array = new Int16Array(0);
  #lead: Int16Array[] = [];
  #pause: Int16Array[] = [];
  #quietFrames = 0;
  #begun = false;
  #cut = 0;

  constructor(rateHz: number) {
    this.#frame = rateHz / FRAMES_PER_SECOND;
  }

  /** Samples cut off at the start; undefined while it is not known. */
  get cutSamples(): number | undefined {
    return this.#begun ? this.#cut : undefined;
  }

  push(pcm: Int16Array): Int16Array {
    const input = joined([this.#rest, pcm]);
    const out: Int16Array[] = [];
    let at = 0;
    for (; at + this.#frame <= input.length; at += this.#frame) {
      this.#take(input.subarray(at, at + this.#frame), out);
    }
    this.#rest = input.slice(at);
    return joined(out);
  }

  /** The rest, without the silence at the end. */
  end(): Int16Array {
    const out: Int16Array[] = [];
    if (this.#rest.length > 0) this.#take(this.#rest, out);
    this.#rest = new Int16Array(0);
    this.#pause = [];
    return joined(out);
  }

  #take(frame: Int16Array, out: Int16Array[]): void {
    const isSilent = rms(frame) < SILENCE_RMS;
    if (!this.#begun) this.#await(frame, isSilent, out);
    else if (!isSilent) {
      out.push(...this.#pause, frame);
      this.#pause = [];
      this.#quietFrames = 0;
    } else if (this.#quietFrames < TAIL_FRAMES) {
      out.push(frame);
      this.#quietFrames += 1;
    } else this.#pause.push(frame);
  }

  #await(frame: Int16Array, isSilent: boolean, out: Int16Array[]): void {
    if (!isSilent) {
      this.#begun = true;
      out.push(...this.#lead, frame);
      this.#lead = [];
      return;
    }
    this.#lead.push(frame);
    if (this.#lead.length > LEAD_FRAMES) this.#cut += this.#lead.shift()!.length;
  }
}

function rms(frame: Int16Array): number {
  let energy = 0;
  for (const sample of frame) energy += sample * sample;
  return Math.sqrt(energy / (frame.length || 1));
}

/** Samples one after the other, in memory of their own. */
export function joined(pieces: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
