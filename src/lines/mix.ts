/** What one party hears: the voices of others, each at its own gain. Allocates nothing after construction. */
export class Mix {
  /** By the voice's place; linear. */
  readonly #gains: Float32Array;
  readonly #targets: Float32Array;

  constructor(mostVoices: number) {
    this.#gains = new Float32Array(mostVoices);
    this.#targets = new Float32Array(mostVoices);
  }

  /** A voice is to be heard at this linear gain from the next frame's end on; the frame leads there in a ramp. */
  aim(voice: number, gain: number): void {
    this.#targets[voice] = gain;
  }

  /** A voice is gone, and its place free for another. */
  forget(voice: number): void {
    this.#targets[voice] = 0;
    this.#gains[voice] = 0;
  }

  /** True when one voice is heard as it is, and no other. */
  isOnly(voice: number): boolean {
    for (let i = 0; i < this.#gains.length; i += 1) {
      const wanted = i === voice ? 1 : 0;
      if (this.#gains[i] !== wanted || this.#targets[i] !== wanted) return false;
    }
    return true;
  }

  /** Fills `into` with the sum of the voices, none of which it may be itself. Sums may lie beyond full scale. */
  into(into: Float32Array, voices: readonly Float32Array[]): void {
    into.fill(0);
    for (let i = 0; i < voices.length; i += 1) {
      const gain = this.#gains[i]!;
      const target = this.#targets[i]!;
      if (gain !== 0 || target !== 0) add(into, voices[i]!, gain, target);
      this.#gains[i] = target;
    }
  }
}

function add(into: Float32Array, voice: Float32Array, fromGain: number, toGain: number): void {
  const step = (toGain - fromGain) / into.length;
  for (let i = 0; i < into.length; i += 1) into[i] = into[i]! + voice[i]! * (fromGain + step * (i + 1));
}
