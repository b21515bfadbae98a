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
    const sentences = programme.map(text => withoutPauses(atLevel(voices.say(voice, text), AGENT_DB)));
    const length = sentences.reduce((sum, sentence) => sum + sentence.length, 0);
    // Its length at 8 kHz is whole.
    const whole = new Float32Array(length & ~1);
    let at = 0;
    for (const sentence of sentences) {
      whole.set(sentence.subarray(0, whole.length - at), at);
      at += sentence.length;
    }
    const pcm = toPcm(whole);
    return { 8000: atRate(pcm, 8000), 16000: pcm };
  });
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

/** Leaves out what a pause has too much. */
function withoutPauses(sound: Sound): Sound {
  const kept = new Float32Array(sound.length);
  const least = 10 ** ((AGENT_DB + PAUSE_DB) / 10);
  let length = 0;
  let pausedMs = 0;
  for (let at = 0; at + FRAME <= sound.length; at += FRAME) {
    const frame = sound.subarray(at, at + FRAME);
    const power = frame.reduce((sum, sample) => sum + sample * sample, 0) / FRAME;
    pausedMs = power < least ? pausedMs + FRAME_MS : 0;
    if (pausedMs > LONGEST_PAUSE_MS) continue;
    kept.set(frame, length);
    length += FRAME;
  }
  return kept.slice(0, length);
}
