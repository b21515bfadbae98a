import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readWav, writeWav } from '../wire/wav.ts';
import { atLevel, atRate, type Sound, toPcm } from './shaping.ts';
import type { Voices } from './voices.ts';
import type { Sources } from './words.ts';

/** The agent speaks at the level of its synthesiser. */
const AGENT_DB = -20;
/** Pauses are no longer than this: where the agent is silent by itself, the wire does not show what it is told. */
const LONGEST_PAUSE_MS = 80;
/** A frame is a pause that is so much below the active level. */
const PAUSE_DB = -24;
const FRAME_MS = 5;
const FRAME = 16 * FRAME_MS;

/** What the agent says without an end, at the rates of a pipeline. */
export interface Programme {
  readonly 8000: Int16Array;
  readonly 16000: Int16Array;
}

export function makeProgrammes({ agent, programme }: Sources, voices: Voices): Programme[] {
  return agent.map(voice => {
    const sentences = programme.map(text => atLevel(voices.say(voice, text), AGENT_DB));
    const said = withoutPauses(joined(sentences));
    // Its length at 8 kHz is whole.
    const pcm = toPcm(said.subarray(0, said.length & ~1));
    return { 8000: atRate(pcm, 8000), 16000: pcm };
  });
}

function joined(sounds: readonly Sound[]): Sound {
  const whole = new Float32Array(sounds.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const sound of sounds) {
    whole.set(sound, at);
    at += sound.length;
  }
  return whole;
}

/** For another process to read. */
export function keepProgrammes(folder: string, programmes: readonly Programme[]): void {
  for (const [index, { 16000: pcm }] of programmes.entries())
    writeWav(join(folder, `programme-${index}.wav`), { rateHz: 16_000, channels: [pcm] });
}

/** @throws Error when one of them can't be read */
export function readProgrammes(folder: string): Programme[] {
  const names = readdirSync(folder).filter(name => /^programme-\d+\.wav$/.test(name));
  return names.toSorted().map(name => {
    const pcm = readWav(join(folder, name)).channels[0]!;
    return { 8000: atRate(pcm, 8000), 16000: pcm };
  });
}

/**
 * Leaves out what pauses have too much, those between sentences as well. By what an 8 kHz line carries: there many a
 * fricative is a pause, too.
 */
function withoutPauses(sound: Sound): Sound {
  const onLine = atRate(toPcm(sound), 8000);
  const kept = new Float32Array(sound.length);
  let length = 0;
  // What goes round has its end before its beginning.
  let pausedMs = LONGEST_PAUSE_MS;
  for (let index = 0; (index + 1) * FRAME <= sound.length; index += 1) {
    const isPause =
      levelDb(onLine.subarray((index * FRAME) / 2, ((index + 1) * FRAME) / 2)) < AGENT_DB + PAUSE_DB;
    pausedMs = isPause ? pausedMs + FRAME_MS : 0;
    if (pausedMs > LONGEST_PAUSE_MS) continue;
    kept.set(sound.subarray(index * FRAME, (index + 1) * FRAME), length);
    length += FRAME;
  }
  return kept.slice(0, length);
}

function levelDb(pcm: Int16Array): number {
  const power = pcm.reduce((sum, sample) => sum + (sample / 32_768) ** 2, 0) / pcm.length;
  return 10 * Math.log10(power + 1e-12);
}
