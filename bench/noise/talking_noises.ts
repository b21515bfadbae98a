import type { SeededRandom } from '../caller/random.ts';
import { bandPass, filtered, highPass, lowPass, resonance, reverberated, whiteNoise } from './filters.ts';
import { atLevel } from './noises.ts';
import { addAt, sum } from './signal.ts';
import { SOURCE_RATE_HZ as RATE_HZ, talk, type Voice } from './voices.ts';

/** The noises that have voices in them, at 16 kHz and of any level. */

export interface BabbleSound {
  readonly voices: readonly Voice[];
  readonly talkers: number;
  /** The room. */
  readonly decayMs: number;
  readonly wetness: number;
  /** Talkers are as much as this louder or less loud than others. */
  readonly spreadDb: number;
}

/** Many who talk at once in one room, each at another place of what they have to say. */
export function babbleNoise(length: number, sound: BabbleSound, random: SeededRandom): Float32Array {
  const room = new Float32Array(length);
  for (let talker = 0; talker < sound.talkers; talker += 1) {
    const voice = sound.voices[talker % sound.voices.length]!;
    const start = random.integer(0, 2 * RATE_HZ);
    const said = talk(voice, length + start, random.integer(0, 99), 200 + 400 * random.next());
    const gain = 10 ** ((sound.spreadDb * (2 * random.next() - 1)) / 20);
    addAt(room, 0, atLevel(said.subarray(start), -30), gain);
  }
  return reverberated(room, RATE_HZ, sound.decayMs, sound.wetness);
}

export interface TelevisionSound {
  /** They take turns. */
  readonly voices: readonly Voice[];
  /** Root of the music's chords, how many a minute, and how loud against the voices. */
  readonly rootHz: number;
  readonly chordsPerMinute: number;
  readonly musicDb: number;
  /** The loudspeaker: what it passes, and where it rings. */
  readonly fromHz: number;
  readonly toHz: number;
  readonly resonanceHz: number;
  /** How hard it is driven; more is more distorted. */
  readonly drive: number;
  readonly decayMs: number;
}

/** Dialogue over music out of a small loudspeaker in a living room. */
export function televisionNoise(length: number, sound: TelevisionSound, random: SeededRandom): Float32Array {
  const programme = sum(
    atLevel(dialogue(length, sound.voices, random), -18),
    atLevel(music(length, sound, random), -18 + sound.musicDb),
  );
  const driven = programme.map(sample => Math.tanh(sound.drive * sample));
  const loudspeaker = filtered(
    driven,
    highPass(sound.fromHz, RATE_HZ),
    lowPass(sound.toHz, RATE_HZ),
    resonance(sound.resonanceHz, RATE_HZ, 2, 6),
  );
  return reverberated(loudspeaker, RATE_HZ, sound.decayMs, 0.5);
}

/** The voices in turn, 2 to 5 s each, with a second between now and then. */
function dialogue(length: number, voices: readonly Voice[], random: SeededRandom): Float32Array {
  const whole = new Float32Array(length);
  let turn = random.integer(0, voices.length - 1);
  for (let at = 0; at < length; turn += 1) {
    const said = talk(
      voices[turn % voices.length]!,
      random.integer(2 * RATE_HZ, 5 * RATE_HZ),
      random.integer(0, 99),
      150,
    );
    addAt(whole, at, said);
    at += said.length + (random.chance(0.4) ? RATE_HZ : 0);
  }
  return whole;
}

/** Semitones over the root: of the chords, and of the notes in each. */
const CHORDS = [0, 5, 7, 3, -4, 2, -2] as const;
const NOTES = [0, 4, 7, 12, 16] as const;

/** Plucked chords, a bass and a brushed beat. */
export function music(length: number, sound: TelevisionSound, random: SeededRandom): Float32Array {
  const whole = new Float32Array(length);
  const step = Math.round((60 / sound.chordsPerMinute) * RATE_HZ);
  for (let at = 0; at < length; at += step) {
    const chord = random.pick(CHORDS);
    addAt(whole, at, note(chord - 12, sound.rootHz, 2 * step), 0.6);
    for (const interval of NOTES) {
      const late = random.integer(0, step / 2);
      addAt(whole, at + late, note(chord + interval, sound.rootHz, 2 * step), 0.2 + 0.2 * random.next());
    }
    for (const beat of [0, step >> 1]) addAt(whole, at + beat, brush(random), 0.5);
  }
  return whole;
}

function note(semitones: number, rootHz: number, length: number): Float32Array {
  const hz = rootHz * 2 ** (semitones / 12);
  return Float32Array.from({ length }, (_, i) => {
    const phase = (2 * Math.PI * hz * i) / RATE_HZ;
    const attack = Math.min(1, i / 80);
    const tone = Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.25 * Math.sin(3 * phase + 1);
    return attack * tone * 0.5 ** (i / (0.25 * RATE_HZ));
  });
}

function brush(random: SeededRandom): Float32Array {
  const noise = filtered(whiteNoise(RATE_HZ / 8, random), bandPass(4500, RATE_HZ, 0.7));
  return noise.map((sample, i) => 0.3 * sample * 0.5 ** (i / (0.02 * RATE_HZ)));
}
