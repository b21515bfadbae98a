/** Level of silence, so that no logarithm of 0 is taken. */
const FLOOR_DB = -120;
/** Length of the windows that activity is told by. */
export const WINDOW_MS = 20;

export function toDb(power: number): number {
  return 10 * Math.log10(power + 10 ** (FLOOR_DB / 10));
}

export function fromDb(db: number): number {
  return 10 ** (db / 20);
}

/** Energy of the samples from `from` up to `to`, which may lie beyond the end. */
export function energyOf(samples: Float32Array, from = 0, to = samples.length): number {
  let energy = 0;
  for (let i = Math.max(0, from); i < Math.min(to, samples.length); i += 1) energy += samples[i]! ** 2;
  return energy;
}

function windowLength(rateHz: number): number {
  return (rateHz * WINDOW_MS) / 1000;
}

/** Windows of 20 ms, by number, whose power lies at most so far below that of the loudest. */
export function activeWindows(samples: Float32Array, rateHz: number, belowLoudestDb: number): number[] {
  const length = windowLength(rateHz);
  const powers = Array.from({ length: Math.floor(samples.length / length) }, (_, window) =>
    energyOf(samples, window * length, (window + 1) * length),
  );
  const least = Math.max(...powers) * 10 ** (-belowLoudestDb / 10);
  return [...powers.keys()].filter(window => powers[window]! >= least && powers[window]! > 0);
}

/** Power over some windows, 1 being full scale. */
export function powerIn(samples: Float32Array, rateHz: number, windows: readonly number[]): number {
  const length = windowLength(rateHz);
  const energy = windows.reduce(
    (total, window) => total + energyOf(samples, window * length, (window + 1) * length),
    0,
  );
  return windows.length === 0 ? 0 : energy / (windows.length * length);
}

/** Brings what is active in it to a level in dB of full scale; in place. */
export function setActiveLevel(samples: Float32Array, rateHz: number, levelDb: number): void {
  const gain = fromDb(levelDb - toDb(powerIn(samples, rateHz, activeWindows(samples, rateHz, 30))));
  for (let i = 0; i < samples.length; i += 1) samples[i] = samples[i]! * gain;
}

export function sum(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((sample, i) => sample + (b[i] ?? 0));
}

export function difference(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((sample, i) => sample - (b[i] ?? 0));
}
