import { forward, inverse } from './fft.ts';

const TINY = 1e-12;

/** What the kernel goes by: see there. */
const TUNING = {
  leastPower: 1e-9,
  openingPower: 1e-5,
  noisePrior: 31.6,
  noiseSmoothing: 0.8,
  speechHold: 0.8,
  still: 2,
  loud: 4,
  idle: 0.02,
  busy: 0.2,
  busySmoothing: 0.8,
  fairness: 1.1,
  leastSmoothing: 0.7,
  pieceFrames: 30,
  settlingFrames: 8,
  mostPieces: 5,
  leastBias: 2.2,
  liftFrames: 10,
  lift: 0.5,
  cap: 2.5,
  freshLeast: 0.12,
  freshMost: 0.7,
  priorLeast: 0.003,
  localSmoothing: 0.7,
  localHalf: 0.15,
};

/** The light noise suppressor in double precision, as it is described. */
export class DenoiseTwin {
  readonly #n: number;
  readonly #window: Float64Array;
  #history: Float64Array;
  #overlap: Float64Array;
  #taught = 0;
  #noise: Float64Array;
  #smooth: Float64Array;
  #least: Float64Array;
  #piece: Float64Array;
  #pieces: Float64Array[] = [];
  #speech: Float64Array;
  #local: Float64Array;
  #busy = 0;
  gains: Float64Array;

  constructor(frameLength: number) {
    const n = frameLength;
    const row = () => new Float64Array(n + 1);
    this.#n = n;
    this.#window = Float64Array.from({ length: 2 * n }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / (2 * n)));
    this.#history = new Float64Array(n);
    this.#overlap = new Float64Array(n);
    this.#noise = row();
    this.#smooth = row();
    this.#least = row();
    this.#piece = row();
    this.#speech = row();
    this.#local = row();
    this.gains = row().fill(1);
  }

  /** Probability that the last frame held speech. */
  get busy(): number {
    return this.#busy;
  }

  /** Mean square of the noise, as estimated. */
  get noisePower(): number {
    return meanSquare(this.#noise, this.#n);
  }

  process(samples: ArrayLike<number>, floor: number, mayTeach: boolean): Float64Array {
    const n = this.#n;
    const fresh = Float64Array.from(samples);
    const both = Float64Array.of(...this.#history, ...fresh).map((sample, i) => sample * this.#window[i]!);
    this.#history = fresh;
    const { re, im } = forward(both);
    const power = re.map((value, k) => value ** 2 + im[k]! ** 2 + TINY);
    const teaches = mayTeach && meanSquare(power, n) > TUNING.leastPower;
    if (teaches && this.#taught === 0) this.#begin(power);
    const presence = this.#judge(power);
    if (teaches) this.#learn(power, presence);
    this.gains = this.#weigh(power, floor);
    const heard = inverse({
      re: re.map((v, k) => v * this.gains[k]!),
      im: im.map((v, k) => v * this.gains[k]!),
    });
    const out = this.#overlap.map((sample, i) => sample + heard[i]! * this.#window[i]!);
    this.#overlap = out.map((_, i) => heard[n + i]! * this.#window[n + i]!);
    return out;
  }

  #begin(power: Float64Array): void {
    const opening = smoothed(power);
    this.#smooth = opening;
    this.#piece = opening;
    this.#least = opening;
    this.#noise = opening.map(value => Math.min(value, TUNING.openingPower * this.#n));
  }

  /** How likely each bin holds speech; how likely the frame does is kept. */
  #judge(power: Float64Array): Float64Array {
    const { noisePrior, leastBias, still, loud, idle, busy, busySmoothing } = TUNING;
    const noise = this.#noise.map((value, k) => TINY + Math.max(value, leastBias * this.#least[k]!));
    const lasting = this.#smoothNow(power).map((value, k) =>
      within01((value / noise[k]! - still) / (loud - still)),
    );
    const now = within01((sumOf(lasting) / this.#n - idle) / (busy - idle));
    this.#busy = Math.max(now, now + busySmoothing * (this.#busy - now));
    return power.map((value, k) => {
      const odds = (1 + noisePrior) * Math.exp((-(value / noise[k]!) * noisePrior) / (1 + noisePrior));
      return Math.max(lasting[k]!, 1 / (1 + odds));
    });
  }

  /** Powers over a few frames, the one at hand among them. */
  #smoothNow(power: Float64Array): Float64Array {
    const a = TUNING.leastSmoothing;
    return smoothed(power).map((fresh, k) => a * this.#smooth[k]! + (1 - a) * fresh);
  }

  #learn(power: Float64Array, presence: Float64Array): void {
    this.#smooth = this.#smoothNow(power);
    this.#piece = this.#piece.map((value, k) => Math.min(value, this.#smooth[k]!));
    this.#least = this.#least.map((value, k) => Math.min(value, this.#smooth[k]!));
    if (this.#taught < TUNING.settlingFrames) {
      this.#piece = this.#smooth;
      this.#least = this.#smooth;
    }
    this.#taught += 1;
    if (this.#taught % TUNING.pieceFrames === 0) {
      this.#pieces = [this.#piece, ...this.#pieces].slice(0, TUNING.mostPieces);
      this.#piece = this.#smooth;
      this.#least = this.#least.map((_, k) => Math.min(...this.#pieces.map(row => row[k]!)));
    }
    const steady = TUNING.noiseSmoothing + (1 - TUNING.noiseSmoothing) * TUNING.speechHold * this.#busy;
    const keep = Math.min(steady, 1 - 1 / (this.#taught + 1));
    this.#noise = this.#noise.map((noise, k) => {
      const heard = (1 - presence[k]!) * TUNING.fairness * power[k]! + presence[k]! * noise;
      const least = TUNING.leastBias * this.#least[k]!;
      const lifted = this.#taught < TUNING.liftFrames ? 0 : TUNING.lift * least;
      return Math.min(TUNING.cap * least, Math.max(lifted, keep * noise + (1 - keep) * heard));
    });
  }

  #weigh(power: Float64Array, floor: number): Float64Array {
    const prior = power.map((value, k) => {
      const noise = this.#noise[k]! + TINY;
      const share = this.#speech[k]! / (this.#speech[k]! + noise);
      const fresh = TUNING.freshLeast + (TUNING.freshMost - TUNING.freshLeast) * share ** 2;
      const now = Math.max(0, value / noise - 1);
      return Math.max(TUNING.priorLeast, (1 - fresh) * (this.#speech[k]! / noise) + fresh * now);
    });
    const b = TUNING.localSmoothing;
    this.#local = this.#local.map((v, k) => b * v + (1 - b) * prior[k]!);
    const frame = 0.1 + 0.9 * this.#busy;
    const around = smoothed(this.#local);
    return power.map((value, k) => {
      const xi = prior[k]!;
      const ratio = xi / (1 + xi);
      const v = (ratio * value) / (this.#noise[k]! + TINY);
      const decay = Math.exp(-v);
      const gain = Math.min(1, ratio * Math.sqrt(1 + (0.5615 * decay * (1 + 0.17 * v)) / v));
      this.#speech[k] = gain ** 2 * value;
      const present = frame * (0.2 + 0.8 * likely(around[k]!));
      const p = 1 / (1 + ((1 - present) / present) * (1 + xi) * decay);
      return (p * Math.sqrt(Math.max(gain, floor)) + (1 - p) * Math.sqrt(floor)) ** 2;
    });
  }
}

function likely(ratio: number): number {
  return ratio / (ratio + TUNING.localHalf);
}

function within01(value: number): number {
  return Math.max(0, Math.min(1, value));
}

/** Over the bins 0…n − 1. */
function sumOf(row: Float64Array): number {
  return row.subarray(0, -1).reduce((sum, value) => sum + value, 0);
}

/** Of the samples behind a windowed spectrum's powers. */
function meanSquare(power: Float64Array, n: number): number {
  return sumOf(power) / n ** 2;
}

/** Over the neighbours by ¼, ½, ¼. */
function smoothed(row: Float64Array): Float64Array {
  return row.map((value, k) => value / 2 + ((row[k - 1] ?? value) + (row[k + 1] ?? value)) / 4);
}
