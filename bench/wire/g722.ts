import { IHN, IHP, ILB, ILN, ILP, Q6, QM2, QM4, QM6, QMF, RH2, RL42, WH, WL } from './g722_tables.ts';

/**
 * ITU-T G.722 at 64 kbit/s: 16 kHz audio in two sub-bands of adaptive differential PCM, one byte for two samples. The
 * arithmetic is the recommendation's own 16-bit fixed point, so that two conforming ends keep the same state.
 */

function saturate(value: number): number {
  return clamp(value, -32768, 32767);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}

/** One sub-band's adaptive predictor and scale factor; block names are those of the recommendation's figures. */
class Band {
  /** Prediction of the next sample. */
  predicted = 0;
  /** Scale factor of the quantizer. */
  scale: number;
  readonly #maxLogScale: number;
  readonly #scaleShift: number;
  #logScale = 0;
  /** Prediction of the zero section alone. */
  #zeroPart = 0;
  /** Reconstructed and partially reconstructed signal, newest at 0. */
  readonly #r = new Int32Array(3);
  readonly #p = new Int32Array(3);
  /** Pole coefficients at 1 and 2, zero coefficients at 1 to 6, quantized differences newest at 0. */
  readonly #a = new Int32Array(3);
  readonly #b = new Int32Array(7);
  readonly #d = new Int32Array(7);

  constructor(scale: number, maxLogScale: number, scaleShift: number) {
    this.scale = scale;
    this.#maxLogScale = maxLogScale;
    this.#scaleShift = scaleShift;
  }

  /** LOGSCL/LOGSCH and SCALEL/SCALEH. */
  rescale(step: number): void {
    this.#logScale = clamp(((this.#logScale * 127) >> 7) + step, 0, this.#maxLogScale);
    const shift = this.#scaleShift - (this.#logScale >> 11);
    const fraction = ILB[(this.#logScale >> 6) & 31]!;
    this.scale = (shift < 0 ? fraction << -shift : fraction >> shift) << 2;
  }

  /** RECONS, PARREC, UPPOL, UPZERO, DELAYA, FILTEP, FILTEZ and PREDIC for one quantized difference. */
  adapt(difference: number): void {
    const r = this.#r;
    const p = this.#p;
    const d = this.#d;
    d[0] = difference;
    r[0] = saturate(this.predicted + difference);
    p[0] = saturate(this.#zeroPart + difference);
    this.#adaptPoles();
    this.#adaptZeros(difference);
    d.copyWithin(1, 0, 6);
    r.copyWithin(1, 0, 2);
    p.copyWithin(1, 0, 2);
    this.#predict();
  }

  #adaptPoles(): void {
    const a = this.#a;
    const p = this.#p;
    const sign = p[0]! >> 15;
    const likeLast = sign === p[1]! >> 15;
    const fromFirst = saturate(a[1]! << 2);
    let second = likeLast ? Math.min(32767, -fromFirst) : fromFirst;
    second = (sign === p[2]! >> 15 ? 128 : -128) + (second >> 7) + ((a[2]! * 32512) >> 15);
    a[2] = clamp(second, -12288, 12288);
    const bound = saturate(15360 - a[2]);
    a[1] = clamp(saturate((likeLast ? 192 : -192) + ((a[1]! * 32640) >> 15)), -bound, bound);
  }

  #adaptZeros(difference: number): void {
    const b = this.#b;
    const d = this.#d;
    const step = difference === 0 ? 0 : 128;
    const sign = difference >> 15;
    for (let i = 1; i <= 6; i += 1) {
      b[i] = saturate((d[i]! >> 15 === sign ? step : -step) + ((b[i]! * 32640) >> 15));
    }
  }

  #predict(): void {
    const a = this.#a;
    const b = this.#b;
    const r = this.#r;
    const d = this.#d;
    const poles = saturate(((a[1]! * saturate(r[1]! * 2)) >> 15) + ((a[2]! * saturate(r[2]! * 2)) >> 15));
    let zeros = 0;
    for (let i = 6; i > 0; i -= 1) zeros += (b[i]! * saturate(d[i]! * 2)) >> 15;
    this.#zeroPart = saturate(zeros);
    this.predicted = saturate(poles + this.#zeroPart);
  }
}

const createLowerBand = (): Band => new Band(32, 18432, 8);
const createUpperBand = (): Band => new Band(8, 22528, 10);

/** The low band's predictor runs on the 4-bit core of the code, so that 48 kbit/s decoders keep step. */
function adaptLower(band: Band, code: number): void {
  const core = code >> 2;
  const difference = (band.scale * QM4[core]!) >> 15;
  band.rescale(WL[RL42[core]!]!);
  band.adapt(difference);
}

function adaptUpper(band: Band, code: number): void {
  const difference = (band.scale * QM2[code]!) >> 15;
  band.rescale(WH[RH2[code]!]!);
  band.adapt(difference);
}

export class G722Encoder {
  readonly #lower = createLowerBand();
  readonly #upper = createUpperBand();
  readonly #history = new Int32Array(24);

  /** An even number of samples at 16 kHz in, half as many bytes out. */
  encode(pcm: Int16Array): Uint8Array {
    const bytes = new Uint8Array(pcm.length >> 1);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = this.#encodePair(pcm[2 * i]!, pcm[2 * i + 1]!);
    return bytes;
  }

  #encodePair(first: number, second: number): number {
    const x = this.#history;
    x.copyWithin(0, 2);
    x[22] = first;
    x[23] = second;
    let odd = 0;
    let even = 0;
    for (let i = 0; i < 12; i += 1) {
      odd += x[2 * i]! * QMF[i]!;
      even += x[2 * i + 1]! * QMF[11 - i]!;
    }
    const low = this.#encodeLower((even + odd) >> 14);
    return (this.#encodeUpper((even - odd) >> 14) << 6) | low;
  }

  #encodeLower(sample: number): number {
    const band = this.#lower;
    const error = saturate(sample - band.predicted);
    const magnitude = error >= 0 ? error : -(error + 1);
    let interval = 1;
    while (interval < 30 && magnitude >= (Q6[interval]! * band.scale) >> 12) interval += 1;
    const code = error < 0 ? ILN[interval]! : ILP[interval]!;
    adaptLower(band, code);
    return code;
  }

  #encodeUpper(sample: number): number {
    const band = this.#upper;
    const error = saturate(sample - band.predicted);
    const magnitude = error >= 0 ? error : -(error + 1);
    const interval = magnitude >= (564 * band.scale) >> 12 ? 2 : 1;
    const code = error < 0 ? IHN[interval]! : IHP[interval]!;
    adaptUpper(band, code);
    return code;
  }
}

export class G722Decoder {
  readonly #lower = createLowerBand();
  readonly #upper = createUpperBand();
  readonly #history = new Int32Array(24);

  /** Any number of bytes in, twice as many samples at 16 kHz out. */
  decode(bytes: Uint8Array): Int16Array {
    const pcm = new Int16Array(bytes.length * 2);
    for (let i = 0; i < bytes.length; i += 1) this.#decodeByte(bytes[i]!, pcm, 2 * i);
    return pcm;
  }

  #decodeByte(byte: number, pcm: Int16Array, at: number): void {
    const lowCode = byte & 0x3f;
    const highCode = byte >> 6;
    const low = this.#lower.predicted + ((this.#lower.scale * QM6[lowCode]!) >> 15);
    const high = this.#upper.predicted + ((this.#upper.scale * QM2[highCode]!) >> 15);
    adaptLower(this.#lower, lowCode);
    adaptUpper(this.#upper, highCode);
    this.#synthesize(clamp(low, -16384, 16383), clamp(high, -16384, 16383), pcm, at);
  }

  #synthesize(low: number, high: number, pcm: Int16Array, at: number): void {
    const x = this.#history;
    x.copyWithin(0, 2);
    x[22] = low + high;
    x[23] = low - high;
    let first = 0;
    let second = 0;
    for (let i = 0; i < 12; i += 1) {
      second += x[2 * i]! * QMF[i]!;
      first += x[2 * i + 1]! * QMF[11 - i]!;
    }
    pcm[at] = saturate(first >> 11);
    pcm[at + 1] = saturate(second >> 11);
  }
}
