import type { SeededRandom } from '../caller/random.ts';
import { EVENT_RATE_HZ } from './event.ts';
import {
  addAt,
  highPass,
  lowPass,
  resonate,
  type Sound,
  samplesIn,
  shaped,
  silence,
  whiteNoise,
} from './shaping.ts';

/** Taps of a room for each millisecond: sparse and random, they sound as dense ones do (velvet noise, Karjalainen 2007). */
const TAPS_PER_MS = 0.8;

export interface Room {
  /** In which a sound falls by 60 dB. */
  readonly decayMs: number;
  /** Of the direct sound against all that is reflected. */
  readonly directDb: number;
}

/** As it is heard at the other end of a room. */
export function inRoom(dry: Sound, { decayMs, directDb }: Room, random: SeededRandom): Sound {
  const lengthMs = 0.8 * decayMs;
  const count = Math.round(lengthMs * TAPS_PER_MS);
  const taps = Array.from({ length: count }, (_, index) => {
    const atMs = 3 + ((index + random.next()) * lengthMs) / count;
    return { at: samplesIn(atMs), gain: (random.chance(0.5) ? 1 : -1) * 10 ** ((-3 * atMs) / decayMs) };
  });
  const energy = taps.reduce((sum, { gain }) => sum + gain * gain, 0);
  const reflected = 10 ** (-directDb / 20) / Math.sqrt(energy);
  const sound = new Float32Array(dry.length + samplesIn(lengthMs + 5));
  sound.set(dry);
  for (const { at, gain } of taps) {
    const weight = gain * reflected;
    for (let i = 0; i < dry.length; i += 1) sound[at + i]! += weight * dry[i]!;
  }
  // Walls and air take the treble.
  return lowPass(sound, 3500);
}

/** Through a small loudspeaker: nothing below, a ring where it resonates. In place. */
export function throughLoudspeaker(sound: Sound): Sound {
  const ring = resonate(sound.slice(), 900, 400);
  return addAt(highPass(highPass(sound, 350), 350), ring, 0, 0.5);
}

/** Chords that go on beneath what is said. */
export function music(lengthMs: number, random: SeededRandom): Sound {
  const sound = silence(lengthMs);
  for (let atMs = 0; atMs < lengthMs; atMs += 600) {
    const rootHz = 110 * 2 ** (random.integer(0, 24) / 12);
    for (const ratio of [1, 1.26, 1.5, 2]) addAt(sound, note(rootHz * ratio, 700), atMs, 0.2);
  }
  return addAt(sound, lowPass(whiteNoise(lengthMs, random), 1500), 0, 0.005);
}

function note(frequencyHz: number, lengthMs: number): Sound {
  const step = (2 * Math.PI * frequencyHz) / EVENT_RATE_HZ;
  const wave = Float32Array.from(
    silence(lengthMs),
    (_, i) => Math.sin(step * i) + 0.4 * Math.sin(2 * step * i),
  );
  return shaped(wave, ms => Math.min(1, ms / 10) * Math.exp(-ms / 350));
}
