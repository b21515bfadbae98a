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
  /** Frames that are silent and may be cut: before the first sound, or in a pause that may be the end. */
  #held: Int16Array[] = [];
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
    const input = this.#rest.length === 0 ? pcm : joined([this.#rest, pcm]);
    const whole = input.length - (input.length % this.#frame);
    this.#rest = input.slice(whole);
    return this.#passed(input.subarray(0, whole), this.#frame);
  }

  /** The rest, without the silence at the end. */
  end(): Int16Array {
    const passed = this.#passed(this.#rest, this.#rest.length);
    this.#rest = new Int16Array(0);
    this.#held = [];
    return passed;
  }

  /** What is not held back of whole frames, with what was held before them. */
  #passed(input: Int16Array, frame: number): Int16Array {
    const out: Int16Array[] = [];
    let from = 0;
    for (let at = 0; at < input.length; at += frame) {
      const isHeld = this.#holds(isSilent(input, at, at + frame));
      // Frames that pass one after the other are one piece.
      if (isHeld && at > from) out.push(input.subarray(from, at));
      if (isHeld) {
        this.#hold(input.subarray(at, at + frame));
        from = at + frame;
      } else if (this.#held.length > 0) out.push(...this.#held.splice(0));
    }
    if (input.length > from) out.push(input.subarray(from));
    return out.length === 1 ? out[0]! : joined(out);
  }

  #holds(isSilence: boolean): boolean {
    if (!isSilence) {
      this.#begun = true;
      this.#quietFrames = 0;
      return false;
    }
    if (!this.#begun || this.#quietFrames === TAIL_FRAMES) return true;
    this.#quietFrames += 1;
    return false;
  }

  #hold(frame: Int16Array): void {
    this.#held.push(frame);
    if (!this.#begun && this.#held.length > LEAD_FRAMES) this.#cut += this.#held.shift()!.length;
  }
}

function isSilent(pcm: Int16Array, from: number, to: number): boolean {
  let energy = 0;
  for (let at = from; at < to; at += 1) energy += pcm[at]! * pcm[at]!;
  return Math.sqrt(energy / (to - from || 1)) < SILENCE_RMS;
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
