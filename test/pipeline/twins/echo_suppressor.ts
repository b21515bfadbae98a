import { forward, inverse, type Spectrum } from './fft.ts';

const BAND_BINS = 8;

interface Band {
  readonly bins: readonly number[];
  leak: number;
  noise: number;
  known: number;
  coherence: number;
  risen: number;
  estimate: number;
  left: number;
  elsewhere: Elsewhere;
}

/** Of a line that loses packets: powers of the estimate and of what was sent, held and summed up. */
interface Elsewhere {
  held: number;
  ahead: number;
  sent: number;
  echoed: number;
}

export interface Suppressed {
  readonly error: Float64Array;
  readonly estimate: Float64Array;
  readonly uncertainty: Float64Array;
  /** Whether the estimate is believed in, and whole. */
  readonly isKnown: boolean;
  /** Whether most of it is in what is heard. */
  readonly isHeld: boolean;
  /** The frame's echo may not be that of what was sent. */
  readonly isDoubtful: boolean;
  /** The line loses packets. */
  readonly isLossy: boolean;
  /** The far end's newest spectrum, and whether an echo of it is known. */
  readonly sent: Spectrum;
  readonly isEcho: boolean;
}

/** The residual echo suppressor, and the doubts that the filter is to have. */
export class TwinSuppressor {
  /** For each bin. */
  readonly doubt: Float64Array;
  /** What part of the error's power is coherent with the estimate. */
  coherentShare = 0;
  readonly #n: number;
  readonly #window: Float64Array;
  readonly #bands: readonly Band[];
  readonly #gain: Float64Array;
  readonly #echo: Float64Array;
  readonly #outBefore: Float64Array;
  readonly #cross: Spectrum;
  readonly #errorPower: Float64Array;
  readonly #estimatePower: Float64Array;
  #lastError: Float64Array;
  #lastEstimate: Float64Array;
  #overlap: Float64Array;
  #over = 0;
  #rough = 0.1;
  #unsure = 0;
  #nearFrames = 0;
  #nearRun = 0;
  #nearPower = 0;

  constructor(n: number) {
    const row = (): Float64Array => new Float64Array(n + 1);
    this.#n = n;
    this.#window = new Float64Array(2 * n).map((_, i) => Math.sin((Math.PI * (i + 0.5)) / (2 * n)));
    const bands = Map.groupBy(
      Array.from({ length: n + 1 }, (_, bin) => bin),
      bin => Math.floor(bin / BAND_BINS),
    );
    this.#bands = [...bands.values()].map(bins => ({
      bins,
      leak: 1,
      noise: 0,
      known: 0,
      coherence: 0,
      risen: 0,
      estimate: 0,
      left: 0,
      elsewhere: { held: 0, ahead: 0, sent: 0, echoed: 0 },
    }));
    [this.doubt, this.#gain, this.#echo, this.#outBefore] = [row().fill(1), row(), row(), row()];
    [this.#errorPower, this.#estimatePower] = [row(), row()];
    this.#cross = { re: row(), im: row() };
    this.#lastError = new Float64Array(n);
    this.#lastEstimate = new Float64Array(n);
    this.#overlap = new Float64Array(n);
  }

  process(frame: Suppressed): Float64Array {
    const { error, estimate, uncertainty, isDoubtful } = frame;
    const e = this.#analyse(this.#lastError, error);
    const y = this.#analyse(this.#lastEstimate, estimate);
    this.#lastError = error;
    this.#lastEstimate = estimate;
    this.#unsure = isDoubtful ? 1 : this.#nearFrames > 0 ? 0 : 0.8 * this.#unsure;
    let [errors, coherent] = [0, 0];
    for (const band of this.#bands) {
      const power = this.#doubtBand(band, e, y, uncertainty);
      errors += power;
      coherent += band.coherence * power;
      this.#weigh(band, e, y, uncertainty, isDoubtful);
      if (frame.isLossy) hold(band, frame);
    }
    this.coherentShare = coherent / (errors + 1e-9);
    const rough = this.#followRough(isDoubtful);
    const over = this.#overFor(frame, Math.max(0.1 * this.#unsure, rough) * this.#meanEstimate);
    const weights = {
      over,
      rough: Math.max(0.1 * this.#unsure, rough) * this.#meanEstimate,
      elsewhere: frame.isLossy ? 0.4 * this.#unsure : 0,
    };
    for (const band of this.#bands) {
      if (!isDoubtful) followLeak(band, this.#nearFrames > 0);
      for (const k of band.bins) this.#setGain(band, k, e, uncertainty[k]!, weights);
    }
    return this.#synthesise(e);
  }

  /** Forgets the echo, since none is to come for a while. */
  beginPassing(): void {
    this.#echo.fill(0);
    this.#lastEstimate = new Float64Array(this.#n);
  }

  /** What analysis and synthesis come to with all gains 1. */
  pass(samples: Float64Array): Float64Array {
    const last = this.#lastError;
    this.#lastError = samples;
    const out = this.#overlap.map((sample, i) => sample + last[i]! * this.#window[i]! ** 2);
    this.#overlap = samples.map((sample, i) => sample * this.#window[this.#n + i]! ** 2);
    return out;
  }

  #analyse(last: Float64Array, samples: Float64Array): Spectrum {
    return forward(this.#window.map((w, i) => w * (i < this.#n ? last[i]! : samples[i - this.#n]!)));
  }

  #synthesise({ re, im }: Spectrum): Float64Array {
    const gain = this.#gain;
    const frames = inverse({ re: re.map((v, k) => v * gain[k]!), im: im.map((v, k) => v * gain[k]!) });
    const windowed = frames.map((sample, i) => sample * this.#window[i]!);
    const out = this.#overlap.map((sample, i) => sample + windowed[i]!);
    this.#overlap = windowed.slice(this.#n);
    return out;
  }

  /** Returns the power of the band's error. */
  #doubtBand(band: Band, e: Spectrum, y: Spectrum, uncertainty: Float64Array): number {
    let [coherences, errors, estimates, uncertain] = [0, 0, 0, 0];
    for (const k of band.bins) {
      const [er, ei, yr, yi] = [e.re[k]!, e.im[k]!, y.re[k]!, y.im[k]!];
      const re = smooth(this.#cross.re[k]!, er * yr + ei * yi);
      const im = smooth(this.#cross.im[k]!, ei * yr - er * yi);
      const error = smooth(this.#errorPower[k]!, er ** 2 + ei ** 2);
      const estimate = smooth(this.#estimatePower[k]!, yr ** 2 + yi ** 2);
      [this.#cross.re[k], this.#cross.im[k]] = [re, im];
      [this.#errorPower[k], this.#estimatePower[k]] = [error, estimate];
      coherences += (re ** 2 + im ** 2) / (error * estimate + 1e-14);
      errors += error;
      estimates += estimate;
      uncertain += uncertainty[k]!;
    }
    // The kernel counts bins by whole vectors of four.
    const bins = Math.ceil(band.bins.length / 4) * 4;
    band.coherence = Math.max(0, coherences / bins - 0.25) / 0.75;
    band.known = smooth(band.known, 0.5 * uncertain);
    const wanted = estimates < 1e-4 ? 1 : (band.coherence * errors) / (band.known + 1e-9);
    for (const k of band.bins) this.doubt[k] = Math.max(1, Math.min(1.25, wanted));
    return errors;
  }

  #weigh(band: Band, e: Spectrum, y: Spectrum, uncertainty: Float64Array, isDoubtful: boolean): void {
    let [error, estimate, uncertain] = [0, 0, 0];
    for (const k of band.bins) {
      const decayed = (isDoubtful ? 0.95 : 0.6) * this.#echo[k]!;
      this.#echo[k] = Math.max(y.re[k]! ** 2 + y.im[k]! ** 2, decayed);
      error += e.re[k]! ** 2 + e.im[k]! ** 2;
      estimate += this.#echo[k]!;
      uncertain += uncertainty[k]!;
    }
    const noise = band.noise === 0 ? error : band.noise;
    if (isDoubtful) band.noise = noise;
    else band.noise = error < noise ? noise + 0.1 * (error - noise) : noise * 1.01;
    band.risen = Math.max(0, error - 2 * band.noise);
    band.estimate = estimate;
    band.left = Math.max(Math.max(this.#unsure, band.leak) * estimate, 0.5 * uncertain);
  }

  get #meanEstimate(): number {
    return this.#bands.reduce((sum, { estimate }) => sum + estimate, 0) / this.#bands.length;
  }

  /** What share of the mean estimate is expected in every band. */
  #followRough(isDoubtful: boolean): number {
    const mean = this.#meanEstimate;
    if (isDoubtful || mean < 8e-4) return this.#rough;
    const seen = this.#bands.reduce((sum, { risen }) => sum + risen, 0) / (mean * this.#bands.length);
    if (seen < this.#rough) this.#rough += 0.05 * (seen - this.#rough);
    else if (this.#nearFrames === 0) this.#rough *= 1.02;
    this.#rough = Math.max(1e-4, Math.min(0.1, this.#rough));
    return this.#rough;
  }

  #overFor({ isKnown, isHeld, isDoubtful, isLossy }: Suppressed, rough: number): number {
    if (!isKnown) this.#nearFrames = 0;
    const nearness = ({ coherence, risen, noise, left }: Band): number =>
      ((1 - coherence) * Math.max(0, risen - noise)) / (Math.max(left, rough) + 2.5e-5 * (this.#n / 80) ** 2);
    const share = (isSo: (band: Band) => boolean): number =>
      this.#bands.filter(isSo).length / this.#bands.length;
    const isNear = isKnown && !isDoubtful && share(band => nearness(band) > 8) > (this.#n > 80 ? 0.2 : 0.3);
    const rises = (band: Band): boolean => band.risen - band.noise > 2 * elsewhereIn(band);
    const isClear = !isLossy || (isHeld && share(rises) > 0.1);
    const loudness = this.#bands.reduce((sum, { risen }) => sum + risen, 0);
    const isLouder = isDoubtful && isLossy && loudness > 4 * this.#nearPower;
    this.#nearPower = Math.max(isNear ? loudness : 0, 0.98 * this.#nearPower);
    this.#nearRun = isNear ? this.#nearRun + 1 : 0;
    const isSure = this.#nearRun > 4;
    if (isNear && !isSure && !isClear && this.#nearFrames === 0) return this.#takeForPacket();
    if (isNear) this.#nearFrames = isSure ? 40 : Math.max(1, this.#nearFrames);
    else this.#nearFrames = Math.max(0, this.#nearFrames - 1);
    if (isLouder && this.#nearFrames > 0) return this.#takeForPacket();
    this.#over = this.#nearFrames > 0 ? 0.06 : Math.min(16, Math.max(0.06, this.#over * 1.05));
    if (this.#nearFrames > 0) return 0.05;
    return this.#unsure > 0.05 ? 6 : this.#over;
  }

  #takeForPacket(): number {
    this.#unsure = 1;
    return 1.5;
  }

  #setGain(
    band: Band,
    k: number,
    e: Spectrum,
    uncertain: number,
    { over, rough, elsewhere }: { readonly over: number; readonly rough: number; readonly elsewhere: number },
  ): void {
    const { leak, noise } = band;
    const power = e.re[k]! ** 2 + e.im[k]! ** 2 + 1e-12;
    const leaked = Math.max(this.#unsure, leak) * this.#echo[k]!;
    const left = Math.max(leaked, (elsewhere / 8) * elsewhereIn(band), 0.5 * uncertain);
    const residual = over * Math.max(left, rough / 8) + 1e-7;
    const ratio = (0.7 * this.#outBefore[k]!) / residual + 0.3 * Math.max(0, power / residual - 1);
    const gain = ratio / (1 + ratio);
    this.#outBefore[k] = gain * gain * power;
    const least = Math.min(1, Math.sqrt(((0.3 / 8) * noise) / power));
    this.#gain[k] = Math.max(0.02, gain, least);
  }
}

/** What may come of a band at another time than it is expected. */
function hold({ bins, estimate, elsewhere }: Band, { sent, isDoubtful, isEcho }: Suppressed): void {
  const power = bins.reduce((sum, k) => sum + sent.re[k]! ** 2 + sent.im[k]! ** 2, 0);
  elsewhere.held = Math.max(estimate, 0.85 * elsewhere.held);
  elsewhere.ahead = Math.max(power, 0.8 * elsewhere.ahead);
  if (isDoubtful || !isEcho) return;
  elsewhere.sent = 0.98 * elsewhere.sent + power;
  elsewhere.echoed = 0.98 * elsewhere.echoed + estimate;
}

function elsewhereIn({ elsewhere: { held, ahead, sent, echoed } }: Band): number {
  return Math.max(held, (ahead * echoed) / (sent + 1e-9));
}

function smooth(before: number, now: number): number {
  return 0.9 * before + 0.1 * now;
}

function followLeak(band: Band, isNear: boolean): void {
  if (band.estimate < 8e-4) return;
  const seen = band.risen / band.estimate;
  let next = band.leak * 1.004;
  if (seen < band.leak) next = band.leak + 0.2 * (seen - band.leak);
  else if (!isNear && seen < 8 * band.leak) next = band.leak + 0.05 * (seen - band.leak);
  band.leak = Math.max(1e-5, Math.min(1, next));
}
