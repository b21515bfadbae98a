/** Overlapping windows of speech and how far each may be moved so that periods meet, in milliseconds. */
const WINDOW_MS = 30;
const SEARCH_MS = 8;

/**
 * Makes 16-bit speech slower at the same pitch, by repeating whole periods of it (WSOLA, Verhelst and Roelands, ICASSP 1993,
 * 10.1109/ICASSP.1993.319366): windows are taken at `tempo` times the pace at which they are laid down, each from where it goes
 * on best from the one before.
 */
export class SlowedSpeech {
  readonly #tempo: number;
  /** Half a window: what overlaps, and how far apart windows are laid down. */
  readonly #hop: number;
  readonly #search: number;
  readonly #fadeIn: Float32Array;
  #input: Float32Array = new Float32Array(0);
  /** Samples of the input that were let go. */
  #gone = 0;
  #windows = 0;
  /** Where the window before began. */
  #last = 0;
  readonly #tail: Float32Array;

  /** `tempo` in parts of the speed as spoken, above 0 and up to 1. */
  constructor(rateHz: number, tempo: number) {
    this.#tempo = tempo;
    this.#hop = Math.round((rateHz * WINDOW_MS) / 2000);
    this.#search = Math.round((rateHz * SEARCH_MS) / 1000);
    this.#fadeIn = Float32Array.from(
      { length: this.#hop },
      (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / this.#hop),
    );
    this.#tail = new Float32Array(this.#hop);
  }

  /** Takes more speech; returns what is ready of it. */
  push(pcm: Int16Array): Int16Array {
    this.#append(pcm);
    const ready: Float32Array[] = [];
    while (this.#end >= this.#needed) ready.push(this.#next());
    this.#letGo();
    return joined(ready);
  }

  /** There is no more: the rest. */
  end(): Int16Array {
    const end = this.#end;
    const whole = Math.round(end / this.#tempo);
    this.#append(new Int16Array(4 * this.#hop + 2 * this.#search));
    const ready: Float32Array[] = [];
    let laid = this.#windows * this.#hop;
    for (; laid < whole; laid += this.#hop) ready.push(this.#next());
    const rest = joined(ready);
    return rest.subarray(0, Math.max(0, rest.length - (laid - whole)));
  }

  get #end(): number {
    return this.#gone + this.#input.length;
  }

  /** Where the next window lies by the tempo alone. */
  get #nominal(): number {
    return Math.round(this.#windows * this.#hop * this.#tempo);
  }

  /** How much input there must be for the next window. */
  get #needed(): number {
    return Math.max(this.#nominal + this.#search, this.#last + this.#hop) + 2 * this.#hop;
  }

  #next(): Float32Array {
    const from = this.#windows === 0 ? 0 : this.#bestStart();
    const laid = new Float32Array(this.#hop);
    for (let i = 0; i < this.#hop; i += 1) {
      const fade = this.#windows === 0 ? 1 : this.#fadeIn[i]!;
      laid[i] = this.#tail[i]! + fade * this.#at(from + i);
      this.#tail[i] = (1 - this.#fadeIn[i]!) * this.#at(from + this.#hop + i);
    }
    this.#last = from;
    this.#windows += 1;
    return laid;
  }

  /** Near the nominal place, where the input is most like what would have followed the last window. */
  #bestStart(): number {
    const natural = this.#last + this.#hop;
    const first = Math.max(0, this.#nominal - this.#search);
    let [best, bestLikeness] = [first, -Infinity];
    for (let from = first; from <= this.#nominal + this.#search; from += 1) {
      const likeness = this.#likeness(from, natural);
      if (likeness > bestLikeness) [best, bestLikeness] = [from, likeness];
    }
    return best;
  }

  /** Normalised correlation of the half windows from two places on. */
  #likeness(a: number, b: number): number {
    let [product, energy] = [0, 1];
    const [fromA, fromB] = [a - this.#gone, b - this.#gone];
    for (let i = 0; i < this.#hop; i += 2) {
      const x = this.#input[fromA + i] ?? 0;
      product += x * (this.#input[fromB + i] ?? 0);
      energy += x * x;
    }
    return product / Math.sqrt(energy);
  }

  #at(position: number): number {
    return this.#input[position - this.#gone] ?? 0;
  }

  #append(pcm: Int16Array): void {
    const input = new Float32Array(this.#input.length + pcm.length);
    input.set(this.#input);
    input.set(pcm, this.#input.length);
    this.#input = input;
  }

  #letGo(): void {
    const first = Math.max(0, Math.min(this.#nominal - this.#search, this.#last));
    if (first <= this.#gone) return;
    this.#input = this.#input.slice(first - this.#gone);
    this.#gone = first;
  }
}

function joined(parts: readonly Float32Array[]): Int16Array {
  const pcm = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts)
    for (const sample of part) pcm[at++] = Math.max(-32_768, Math.min(32_767, Math.round(sample)));
  return pcm;
}
