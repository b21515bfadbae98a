import type { SeededRandom } from '../caller/random.ts';
import {
  addAt,
  EVENT_SAMPLE_MS,
  highPass,
  lowPass,
  resonate,
  type Sound,
  samplesIn,
  shaped,
  silence,
  trimmed,
  whiteNoise,
} from './shaping.ts';

/**
 * Noises of a caller and what is around, and hums, made from numbers; each seed gives another one. Levels are the
 * caller's business.
 */
export const NOISES = {
  cough,
  laugh,
  'door slam': doorSlam,
  keyboard,
  clicks,
} as const;
export type NoiseName = keyof typeof NOISES;

/** A burst of air with the throat behind it, once or twice: 50 ms open, then a falling rest (Korpáš et al., 1996). */
function cough(random: SeededRandom): Sound {
  const throatHz = 400 + 300 * random.next();
  const sound = silence(900);
  const coughs = random.integer(1, 2);
  for (let n = 0; n < coughs; n += 1) {
    const burst = shaped(whiteNoise(320, random), ms =>
      ms < 50 ? Math.min(1, ms / 4) : 0.4 * Math.exp((50 - ms) / 90),
    );
    const body = resonate(burst.slice(), throatHz, 250);
    addAt(body, resonate(burst.slice(), 1300 + 500 * random.next(), 500), 0, 0.8);
    addAt(body, highPass(burst, 2000), 0, 0.08);
    if (random.chance(0.5)) {
      const voice = shaped(
        voiced(140, 90 + 90 * random.next(), () => 1, random),
        ms => Math.exp(-ms / 60),
      );
      addAt(body, resonate(voice, throatHz, 200), 60, 0.6);
    }
    addAt(sound, body, n * (380 + 120 * random.next()));
  }
  return trimmed(sound);
}

/** Some syllables of half voice, half breath, five a second, each weaker than the one before (Bachorowski, 2001). */
function laugh(random: SeededRandom): Sound {
  const pitchHz = 130 + 200 * random.next();
  const everyMs = 180 + 50 * random.next();
  const syllables = random.integer(3, 6);
  const sound = silence(syllables * everyMs + 200);
  for (let n = 0; n < syllables; n += 1) {
    const fall = 1 - 0.07 * n;
    const vowel = voiced(110, pitchHz * fall, ms => 1 - 0.0012 * ms, random);
    const breath = shaped(highPass(whiteNoise(170, random), 600), ms => 0.06 * Math.exp(-ms / 70));
    const ha = silence(170);
    addAt(ha, breath, 0);
    addAt(
      ha,
      shaped(vowel, ms => Math.sin((Math.PI * Math.min(ms, 110)) / 110)),
      40,
    );
    addAt(sound, formants(ha, [750, 1200, 2600]), n * everyMs, 0.8 ** n);
  }
  return trimmed(sound);
}

/** A blow, the panel's and the room's resonances, and what rattles after it. */
function doorSlam(random: SeededRandom): Sound {
  const sound = silence(800);
  const blow = shaped(whiteNoise(500, random), ms => Math.exp(-ms / 12));
  for (let mode = 0; mode < 5; mode += 1) {
    const frequencyHz = 70 + 450 * random.next() ** 2;
    addAt(sound, resonate(blow.slice(), frequencyHz, 8 + 20 * random.next()), 0, 6);
  }
  addAt(sound, lowPass(blow, 2500), 0, 1);
  const rattles = random.integer(0, 3);
  for (let n = 0; n < rattles; n += 1) addAt(sound, tick(random), 60 + 200 * random.next(), 0.3);
  return trimmed(sound);
}

/** Someone types: each key is struck and, some 70 ms later, comes up. */
function keyboard(random: SeededRandom): Sound {
  const lengthMs = random.integer(1000, 2500);
  const sound = silence(lengthMs + 200);
  for (let atMs = 0; atMs < lengthMs; atMs += 80 + 140 * random.next()) {
    addAt(sound, tick(random), atMs, 0.6 + 0.4 * random.next());
    addAt(sound, tick(random), atMs + 60 + 30 * random.next(), 0.35);
  }
  return trimmed(sound);
}

/** Pops of a line or a handset that is knocked against something. */
function clicks(random: SeededRandom): Sound {
  const sound = silence(900);
  const count = random.integer(1, 4);
  for (let n = 0; n < count; n += 1) {
    const pop = shaped(whiteNoise(30, random), ms => Math.exp(-ms / (0.5 + 3 * random.next())));
    addAt(
      sound,
      random.chance(0.5) ? pop : resonate(pop, 300 + 1500 * random.next(), 150),
      n * 220 * random.next(),
    );
  }
  return trimmed(sound);
}

function tick(random: SeededRandom): Sound {
  const struck = shaped(whiteNoise(15, random), ms => Math.exp(-ms / 2.5));
  const body = resonate(struck.slice(), 900 + 900 * random.next(), 300);
  return addAt(body, resonate(struck, 2500 + 2000 * random.next(), 900), 0, 0.8);
}

export const HUMS = {
  '<mm-hm>': (random: SeededRandom) => hum(random, [250, 1100, 2200], true),
  '<uh-huh>': (random: SeededRandom) => hum(random, [600, 1200, 2500], true),
  '<mm>': (random: SeededRandom) => hum(random, [250, 1100, 2200], false),
} as const;

/** One or two beats of voice, the second one higher and longer, with breath between them. */
function hum(random: SeededRandom, formantsHz: readonly number[], hasTwo: boolean): Sound {
  const pitchHz = random.pick([95, 115, 135, 180, 205, 230]) * (0.95 + 0.1 * random.next());
  const firstMs = random.integer(120, 180);
  const gapMs = random.integer(40, 80);
  const sound = silence(700);
  const first = voiced(firstMs, pitchHz, ms => 1 - 0.0004 * ms, random);
  addAt(sound, faded(first, firstMs), 0);
  if (hasTwo) {
    const secondMs = random.integer(150, 240);
    const breath = highPass(whiteNoise(gapMs, random), 500);
    addAt(sound, breath, firstMs, 0.03);
    const second = voiced(secondMs, pitchHz * 1.12, ms => 1 + 0.0006 * ms, random);
    addAt(sound, faded(second, secondMs), firstMs + gapMs);
  }
  return trimmed(formants(sound, formantsHz));
}

function faded(sound: Sound, lengthMs: number): Sound {
  return shaped(sound, ms => Math.min(1, ms / 25, (lengthMs - ms) / 40));
}

/** Pulses of a voice at a pitch that moves, with the jitter of one, through the slope of a glottis. */
function voiced(
  lengthMs: number,
  pitchHz: number,
  bendAt: (ms: number) => number,
  random: SeededRandom,
): Sound {
  const sound = new Float32Array(samplesIn(lengthMs));
  let phase = 1;
  for (let i = 0; i < sound.length; i += 1) {
    const ms = i * EVENT_SAMPLE_MS;
    phase += (pitchHz * bendAt(ms) * (1 + 0.02 * (random.next() - 0.5)) * EVENT_SAMPLE_MS) / 1000;
    if (phase < 1) continue;
    phase -= 1;
    sound[i] = 30 * (0.9 + 0.2 * random.next());
  }
  return lowPass(sound, 500);
}

/** Side by side, each weaker than the one below. */
function formants(source: Sound, frequenciesHz: readonly number[]): Sound {
  const sound = new Float32Array(source.length);
  for (const [index, frequencyHz] of frequenciesHz.entries())
    addAt(sound, resonate(source.slice(), frequencyHz, 60 + 0.05 * frequencyHz), 0, 0.6 ** index);
  return sound;
}
