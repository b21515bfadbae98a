import type { SeededRandom } from '../caller/random.ts';
import { energyOf, fromDb, toDb } from './signal.ts';

/** Normally distributed, variance 1 (Box and Muller, 1958). */
export function gaussian(random: SeededRandom): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Hiss is white, a street or an office is pink, a car is mostly low. */
export type NoiseColour = 'white' | 'pink' | 'brown';

/** Noise of a level in dB of full scale. */
export function makeNoise(
  colour: NoiseColour,
  levelDb: number,
  length: number,
  random: SeededRandom,
): Float32Array {
  const next = COLOURS[colour](random);
  const samples = Float32Array.from({ length }, next);
  const gain = fromDb(levelDb - toDb(energyOf(samples) / length));
  return samples.map(sample => sample * gain);
}

const COLOURS: Readonly<Record<NoiseColour, (random: SeededRandom) => () => number>> = {
  white: random => () => gaussian(random),
  pink: random => {
    // Three poles that fall by 10 dB a decade together (P. Kellett's economy filter, 1999).
    const poles = [0.99765, 0.963, 0.57];
    const gains = [0.099046, 0.2965164, 1.0526913];
    const states = [0, 0, 0];
    return () => {
      const white = gaussian(random);
      let sum = 0.1848 * white;
      for (let i = 0; i < states.length; i += 1) {
        states[i] = poles[i]! * states[i]! + gains[i]! * white;
        sum += states[i]!;
      }
      return sum;
    };
  },
  brown: random => {
    let state = 0;
    return () => {
      state = 0.98 * state + gaussian(random);
      return state;
    };
  },
};
