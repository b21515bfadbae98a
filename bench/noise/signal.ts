/** Sounds as 32-bit floats of full scale ±1. */

/** Of the mean square, in dB of full scale; −200 for silence. */
export function levelDb(signal: Float32Array): number {
  return powerDb(meanSquare(signal));
}

export function meanSquare(signal: Float32Array): number {
  let energy = 0;
  for (const sample of signal) energy += sample * sample;
  return signal.length === 0 ? 0 : energy / signal.length;
}

const LEAST_POWER = 1e-20;

/** @param power as a share of full scale's square */
export function powerDb(power: number): number {
  return 10 * Math.log10(Math.max(power, LEAST_POWER));
}

export function scaled(signal: Float32Array, gainDb: number): Float32Array {
  const gain = 10 ** (gainDb / 20);
  return signal.map(sample => sample * gain);
}

/** As long as the first of them. */
export function sum(first: Float32Array, ...others: readonly Float32Array[]): Float32Array {
  const total = first.slice();
  for (const other of others) addAt(total, 0, other);
  return total;
}

/** Adds in place; what would lie beyond the end is dropped. */
export function addAt(into: Float32Array, at: number, signal: Float32Array, gain = 1): void {
  const count = Math.min(signal.length, into.length - at);
  for (let i = 0; i < count; i += 1) into[at + i] = into[at + i]! + gain * signal[i]!;
}

export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const SINC_LOBES = 24;

/**
 * At another rate, by a windowed sinc whose phases lie in a table (Smith and Gossett, ICASSP 1984); keeps 95 % of the
 * narrower band, and is without delay.
 */
export function resampled(signal: Float32Array, fromHz: number, toHz: number): Float32Array {
  if (fromHz === toHz) return signal;
  const common = greatestCommonDivisor(fromHz, toHz);
  const [up, down] = [toHz / common, fromHz / common];
  const cutoff = 0.95 * Math.min(1, toHz / fromHz);
  const reach = Math.ceil(SINC_LOBES / cutoff);
  const phases = Array.from({ length: up }, (_, phase) => sincPhase(phase / up, cutoff, reach));
  return Float32Array.from({ length: Math.floor((signal.length * up) / down) }, (_, n) => {
    const weights = phases[(n * down) % up]!;
    const first = Math.floor((n * down) / up) - reach + 1;
    let total = 0;
    for (let i = Math.max(0, -first); i < 2 * reach && first + i < signal.length; i += 1) {
      total += signal[first + i]! * weights[i]!;
    }
    return total;
  });
}

/** For a point that lies `fraction` of a sample after one: weights of the samples around. */
function sincPhase(fraction: number, cutoff: number, reach: number): Float64Array {
  return Float64Array.from({ length: 2 * reach }, (_, i) => {
    const distance = fraction - (i - reach + 1);
    const angle = Math.PI * cutoff * distance;
    const window = Math.cos((Math.PI * distance) / (2 * reach)) ** 2;
    return cutoff * window * (angle === 0 ? 1 : Math.sin(angle) / angle);
  });
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

export function fromInt16(pcm: Int16Array): Float32Array {
  return Float32Array.from(pcm, sample => sample / 32_768);
}
