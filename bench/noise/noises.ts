import type { SeededRandom } from '../caller/random.ts';
import { bandPass, filtered, highPass, lowPass, pinkNoise, wander, whiteNoise } from './filters.ts';
import { addAt, levelDb, scaled, sum } from './signal.ts';
import { SOURCE_RATE_HZ as RATE_HZ } from './voices.ts';

/** The noises that need no voices, at 16 kHz and of any level; each is the same for the same numbers drawn. */

export interface CarSound {
  /** Above it the road is muffled. */
  readonly muffledHz: number;
  readonly engineHz: number;
  /** The engine's orders and the wind, against the road. */
  readonly engineDb: number;
  readonly windDb: number;
  /** By how much, up and down, and how often the road changes. */
  readonly swayDb: number;
  readonly swayHz: number;
  readonly bumpsPerSecond: number;
}

export function carNoise(length: number, sound: CarSound, random: SeededRandom): Float32Array {
  const road = atLevel(
    filtered(
      whiteNoise(length, random),
      lowPass(sound.muffledHz, RATE_HZ),
      lowPass(3 * sound.muffledHz, RATE_HZ),
    ),
    0,
  );
  const wind = atLevel(filtered(pinkNoise(length, random), bandPass(900, RATE_HZ, 0.4)), sound.windDb);
  const steady = sum(road, atLevel(engine(length, sound.engineHz, random), sound.engineDb), wind);
  const sway = wander(length, sound.swayHz, RATE_HZ, random);
  const swaying = steady.map((sample, i) => sample * 10 ** ((sound.swayDb * sway[i]!) / 20));
  for (const at of instants(length, sound.bumpsPerSecond, random)) {
    addAt(swaying, at, bump(random), 1.5 + 3 * random.next());
  }
  return swaying;
}

/** Ten orders of a speed that wanders by a few percent. */
function engine(length: number, hz: number, random: SeededRandom): Float32Array {
  const speed = wander(length, 0.3, RATE_HZ, random);
  const strengths = Array.from({ length: 10 }, (_, order) => random.next() / (1 + order / 3));
  let phase = 0;
  return speed.map(change => {
    phase += (2 * Math.PI * hz * (1 + 0.05 * change)) / RATE_HZ;
    return strengths.reduce((total, strength, order) => total + strength * Math.sin((order + 1) * phase), 0);
  });
}

function bump(random: SeededRandom): Float32Array {
  return filtered(decaying(whiteNoise(RATE_HZ / 4, random), 40), lowPass(200 + 200 * random.next(), RATE_HZ));
}

export interface StreetSound {
  /** How often something passes by, sounds its horn, or clatters. */
  readonly passingPerSecond: number;
  readonly hornsPerSecond: number;
  readonly clatterPerSecond: number;
  readonly hornHz: number;
  /** Seconds that a vehicle takes to pass. */
  readonly passingSeconds: number;
  readonly passingHz: number;
}

/** A town's hum, and events over it. */
export function streetNoise(length: number, sound: StreetSound, random: SeededRandom): Float32Array {
  const street = atLevel(filtered(pinkNoise(length, random), lowPass(3000, RATE_HZ)), 0);
  for (const at of instants(length, sound.passingPerSecond, random)) {
    addAt(street, at, passing(sound, random), 1 + 2 * random.next());
  }
  for (const at of instants(length, sound.hornsPerSecond, random)) {
    addAt(street, at, horn(sound.hornHz * (0.8 + 0.4 * random.next()), random), 0.4 + 0.8 * random.next());
  }
  for (const at of instants(length, sound.clatterPerSecond, random)) {
    addAt(street, at, clatter(random), 1 + 3 * random.next());
  }
  return street;
}

function passing(sound: StreetSound, random: SeededRandom): Float32Array {
  const length = Math.round(sound.passingSeconds * (0.6 + 0.8 * random.next()) * RATE_HZ);
  const hz = sound.passingHz * (0.6 + 0.8 * random.next());
  const noise = filtered(whiteNoise(length, random), bandPass(hz, RATE_HZ, 0.5), lowPass(4 * hz, RATE_HZ));
  return atLevel(noise, 0).map((sample, i) => sample * Math.sin((Math.PI * i) / length) ** 4);
}

function horn(hz: number, random: SeededRandom): Float32Array {
  const length = Math.round((0.2 + 0.6 * random.next()) * RATE_HZ);
  return Float32Array.from({ length }, (_, i) => {
    const edge = Math.min(1, i / 400, (length - i) / 800);
    const phase = (2 * Math.PI * hz * i) / RATE_HZ;
    const reeds = Math.tanh(2 * Math.sin(phase)) + Math.tanh(2 * Math.sin(1.26 * phase));
    return edge * reeds;
  });
}

function clatter(random: SeededRandom): Float32Array {
  const hz = 800 + 3000 * random.next();
  return decaying(
    filtered(whiteNoise(RATE_HZ / 5, random), bandPass(hz, RATE_HZ, 2)),
    15 + 30 * random.next(),
  );
}

export interface HissSound {
  /** Below it the hiss is weaker, as of a microphone's amplifier; 0 for white. */
  readonly thinBelowHz: number;
  readonly mainsHz: number;
  /** The mains' hum against the hiss. */
  readonly humDb: number;
}

/** An amplifier's noise and a little hum: all of it steady. */
export function hissNoise(length: number, sound: HissSound, random: SeededRandom): Float32Array {
  const white = whiteNoise(length, random);
  const thin =
    sound.thinBelowHz === 0
      ? white
      : sum(white, filtered(scaled(white, 6), highPass(sound.thinBelowHz, RATE_HZ)));
  const hum = Float32Array.from({ length }, (_, i) =>
    [2, 3, 4, 6, 8].reduce(
      (total, order) => total + Math.sin((2 * Math.PI * order * sound.mainsHz * i) / RATE_HZ + order) / order,
      0,
    ),
  );
  return sum(atLevel(thin, 0), atLevel(hum, sound.humDb));
}

/** At so many dB of full scale, however loud it was. */
export function atLevel(signal: Float32Array, wantedDb: number): Float32Array {
  return scaled(signal, wantedDb - levelDb(signal));
}

function decaying(signal: Float32Array, halfLifeMs: number): Float32Array {
  const halfLife = (halfLifeMs * RATE_HZ) / 1000;
  return signal.map((sample, i) => sample * 0.5 ** (i / halfLife));
}

/** When it happens, by a Poisson process. */
function instants(length: number, perSecond: number, random: SeededRandom): number[] {
  const found: number[] = [];
  if (perSecond === 0) return found;
  let at = 0;
  for (;;) {
    at += (-Math.log(1 - random.next()) * RATE_HZ) / perSecond;
    if (at >= length) return found;
    found.push(Math.floor(at));
  }
}
