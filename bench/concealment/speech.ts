import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { RateDoubler, RateHalver } from '../../pipeline/half_band.ts';
import { readWav } from '../wire/wav.ts';
import { toSample } from './sample.ts';

/** Debian's asterisk-core-sounds-en-wav: a woman, recorded at 8 kHz. */
const PROMPTS = '/usr/share/asterisk/sounds/en_US_f_Allison';
const PROMPT_NAMES = ['tt-allbusy', 'demo-nogo', 'confbridge-mute-extended', 'vm-opts-full', 'dir-intro'];
/** Said by flite in a man's voice, since no package has recordings of one. */
const SENTENCES = [
  'Good morning. You have reached the office of the harbour master. Boats longer than twelve metres are asked to call again before noon, and all others may moor at the northern pier.',
  'Your appointment is on Thursday the ninth of June. Please bring your papers and a pencil, and tell the lady at the window that you were asked to come.',
];
/** Silence before and after, in which jitter buffers find their depth and empty themselves. */
const LEAD_MS = 500;
const TAIL_MS = 500;

/** 16-bit speech at 8 kHz, with silence around. */
export interface Speech {
  readonly name: string;
  readonly pcm: Int16Array;
}

/**
 * Prompts of a woman and sentences of a man, 8 to 13 s each; `folder` is for flite's files.
 * @throws Error when Debian's asterisk-core-sounds-en-wav is not installed or flite does not speak
 */
export function readSpeech(flite: string, folder: string): Speech[] {
  const said = SENTENCES.map((sentence, index) => {
    const file = join(folder, `rms-${index}.wav`);
    execFileSync(flite, ['-voice', 'rms', '-t', sentence, '-o', file]);
    return { name: `flite rms ${index + 1}`, pcm: surround(atHalfRate(readWav(file).channels[0]!)) };
  });
  return [...PROMPT_NAMES.map(readPrompt), ...said];
}

function readPrompt(name: string): Speech {
  try {
    return { name, pcm: surround(readWav(join(PROMPTS, `${name}.wav`)).channels[0]!) };
  } catch (cause) {
    throw new Error("needs Debian's asterisk-core-sounds-en-wav", { cause });
  }
}

/** The same at 16 kHz. */
export function atDoubleRate(pcm: Int16Array): Int16Array {
  const work = new Float32Array(2 * pcm.length);
  work.set(pcm);
  new RateDoubler(pcm.length).convert(work, pcm.length);
  return Int16Array.from(work, toSample);
}

function atHalfRate(pcm: Int16Array): Int16Array {
  const even = pcm.length & ~1;
  const work = Float32Array.from(pcm);
  const count = new RateHalver(even).convert(work, even);
  return Int16Array.from(work.subarray(0, count), toSample);
}

function surround(pcm: Int16Array): Int16Array {
  const whole = new Int16Array(pcm.length + 8 * (LEAD_MS + TAIL_MS));
  whole.set(pcm, 8 * LEAD_MS);
  return whole;
}
