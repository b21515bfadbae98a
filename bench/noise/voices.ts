import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CODECS } from '../wire/codec.ts';
import { readWav } from '../wire/wav.ts';
import { fromInt16, joined, resampled, scaled } from './signal.ts';

/** Everything is made at this rate, and halved for 8 kHz. */
export const SOURCE_RATE_HZ = 16_000;

/** Somebody who speaks: a recording of a person, or a program. */
export type Voice =
  | { readonly by: 'person'; readonly folder: string; readonly prompts: readonly string[] }
  | { readonly by: 'flite' | 'espeak-ng'; readonly voice: string; readonly sentences: readonly string[] };

const PROMPTS = '/usr/share/asterisk/sounds';
/** Below this a sound is silence before or after a sentence. */
const AUDIBLE = 0.01;
const SENTENCE_PEAK = 0.5;

const spoken = new Map<string, Float32Array[]>();

export function voiceName(voice: Voice): string {
  return voice.by === 'person' ? `recorded ${voice.folder}` : `${voice.by} ${voice.voice}`;
}

/**
 * What the voice has to say, one array a sentence, at 16 kHz, without silence around and equally loud.
 * @throws Error naming what has to be installed
 */
export function sentencesOf(voice: Voice): readonly Float32Array[] {
  const key = JSON.stringify(voice);
  const known = spoken.get(key);
  if (known !== undefined) return known;
  const sentences = (
    voice.by === 'person'
      ? voice.prompts.map(name => readPrompt(voice.folder, name))
      : say(voice.by, voice.voice, voice.sentences)
  ).map(sentence => equallyLoud(trimmed(sentence)));
  spoken.set(key, sentences);
  return sentences;
}

/** Sentence after sentence from `first` on, with pauses between, again from the start where they do not last. */
export function talk(voice: Voice, length: number, first: number, pauseMs: number): Float32Array {
  const sentences = sentencesOf(voice);
  const pause = new Float32Array((pauseMs * SOURCE_RATE_HZ) / 1000);
  const parts: Float32Array[] = [];
  for (let i = first, said = 0; said < length; i += 1) {
    const sentence = sentences[i % sentences.length]!;
    parts.push(sentence, pause);
    said += sentence.length + pause.length;
  }
  return joined(parts).subarray(0, length);
}

/** Prompts are G.722: the packages have no other recordings of 16 kHz. */
function readPrompt(folder: string, name: string): Float32Array {
  try {
    return fromInt16(CODECS.G722.createDecoder()(readFileSync(join(PROMPTS, folder, `${name}.g722`))));
  } catch (cause) {
    throw new Error(`needs Debian's ${packageOf(folder)} for ${name}`, { cause });
  }
}

/** Folders begin with their language: `fr_CA_f_June`. */
function packageOf(folder: string): string {
  return `asterisk-core-sounds-${folder.slice(0, 2)}-g722`;
}

function say(program: 'flite' | 'espeak-ng', voice: string, sentences: readonly string[]): Float32Array[] {
  const folder = mkdtempSync(join(tmpdir(), 'voices-'));
  try {
    return sentences.map((sentence, index) => {
      const file = join(folder, `${index}.wav`);
      const args =
        program === 'flite'
          ? ['-voice', voice, '-t', sentence, '-o', file]
          : ['-v', voice, '-w', file, sentence];
      execFileSync(program, args, { stdio: 'ignore' });
      const { rateHz, channels } = readWav(file);
      return resampled(fromInt16(channels[0]!), rateHz, SOURCE_RATE_HZ);
    });
  } catch (cause) {
    throw new Error(`needs Debian's ${program}, and its voice ${voice}`, { cause });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function trimmed(signal: Float32Array): Float32Array {
  const first = signal.findIndex(sample => Math.abs(sample) > AUDIBLE);
  const last = signal.findLastIndex(sample => Math.abs(sample) > AUDIBLE);
  return signal.subarray(Math.max(0, first), last + 1);
}

function equallyLoud(signal: Float32Array): Float32Array {
  const peak = signal.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return scaled(signal, 20 * Math.log10(SENTENCE_PEAK / peak));
}
