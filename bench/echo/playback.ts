/** Samples to each side of a point in time that its value is taken from. */
const REACH = 16;

/**
 * A signal as it sounds elsewhere: what is heard at sample n is the signal's at n − delayAt(n), between samples by
 * windowed sinc. Delays that grow or shrink are another clock; before the signal begins it is silent.
 */
export function playBack(signal: Float32Array, delayAt: (sample: number) => number): Float32Array {
  return signal.map((_, n) => valueAt(signal, n - delayAt(n)));
}

/** At another rate, without what the lower of both can't carry. */
export function resample(signal: Float32Array, fromHz: number, toHz: number): Float32Array {
  const ratio = fromHz / toHz;
  const cutoff = Math.min(1, toHz / fromHz);
  return Float32Array.from({ length: Math.floor(signal.length / ratio) }, (_, n) =>
    valueAt(signal, n * ratio, cutoff),
  );
}

/** `cutoff` is the share of the band that is kept. */
function valueAt(signal: Float32Array, time: number, cutoff = 1): number {
  if (cutoff === 1 && Number.isInteger(time)) return signal[time] ?? 0;
  const reach = REACH / cutoff;
  const first = Math.max(0, Math.ceil(time - reach));
  const last = Math.min(signal.length - 1, Math.floor(time + reach));
  let sum = 0;
  for (let i = first; i <= last; i += 1) {
    const distance = time - i;
    const window = (1 - (distance / reach) ** 2) ** 2;
    sum += signal[i]! * window * cutoff * sinc(cutoff * distance);
  }
  return sum;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
