import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { readWav } from '../wire/wav.ts';
import { activeSpeech } from './active_speech.ts';
import { type Passage, SPEECH_DB } from './passages.ts';
import { fromInt16, levelDb, resampled, scaled } from './signal.ts';

const MOST_PAIRS = 200;
const LEAST_SECONDS = 2;
const MOST_SECONDS = 30;
const LEAST_RATE_HZ = 8000;
const MOST_RATE_HZ = 96_000;
/** What is quieter than this is taken for nothing. */
const SILENT_DB = -90;

/** One recording, mono, full scale ±1. */
interface Recording {
  readonly path: string;
  readonly rateHz: number;
  readonly samples: Float32Array;
}

/** A clean voice, and either a noise to be mixed in or what a microphone heard of the same voice. */
interface Pair {
  readonly name: string;
  readonly clean: Recording;
  readonly noise?: Recording;
  readonly noisy?: Recording;
}

/**
 * Passages of a folder whose own folders, or which itself, hold a `clean.wav` and either a `noise.wav`, which is mixed in
 * at each of `snrsDb` and repeated where it is shorter, or a `noisy.wav`, as long as the clean one and in step with it.
 * 16-bit PCM of any usual rate, mono, 2 to 30 s.
 * @throws Error naming the file that can't be used, and why
 */
export function readPassages(
  folder: string,
  snrsDb: readonly number[],
  rates: readonly PipelineRateHz[],
): Passage[] {
  const pairs = readPairs(folder);
  return rates.flatMap(rateHz =>
    pairs.flatMap(pair => {
      const speech = atRate(pair.clean, rateHz);
      if (pair.noisy !== undefined) return [heardPassage(pair, speech, rateHz)];
      return snrsDb.map(snrDb => mixedPassage(pair, speech, snrDb, rateHz));
    }),
  );
}

function readPairs(folder: string): Pair[] {
  if (!existsSync(folder)) throw new Error(`there is no folder ${folder}`);
  const folders = [
    folder,
    ...readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(({ name }) => join(folder, name))
      .toSorted(),
  ].filter(one => existsSync(join(one, 'clean.wav')));
  if (folders.length === 0) throw new Error(`${folder} has no clean.wav, and no folder with one`);
  if (folders.length > MOST_PAIRS)
    throw new Error(`${folder} has ${folders.length} pairs, more than ${MOST_PAIRS}`);
  return folders.map(readPair);
}

function readPair(folder: string): Pair {
  const clean = readRecording(join(folder, 'clean.wav'));
  const name = folder.split('/').at(-1)!;
  const [noisePath, noisyPath] = [join(folder, 'noise.wav'), join(folder, 'noisy.wav')];
  if (existsSync(noisePath) === existsSync(noisyPath)) {
    throw new Error(`${folder} needs beside clean.wav either noise.wav or noisy.wav`);
  }
  if (existsSync(noisePath)) return { name, clean, noise: readRecording(noisePath) };
  const noisy = readRecording(noisyPath);
  if (noisy.rateHz !== clean.rateHz || noisy.samples.length !== clean.samples.length) {
    throw new Error(`${noisyPath} is not as long as clean.wav, or of another rate`);
  }
  return { name, clean, noisy };
}

function readRecording(path: string): Recording {
  const { rateHz, channels } = readable(path);
  const samples = fromInt16(channels[0]!);
  const seconds = samples.length / rateHz;
  if (channels.length !== 1) throw new Error(`${path} has ${channels.length} channels: one is needed`);
  if (rateHz < LEAST_RATE_HZ || rateHz > MOST_RATE_HZ) throw new Error(`${path} is of ${rateHz} Hz`);
  if (seconds < LEAST_SECONDS || seconds > MOST_SECONDS) {
    throw new Error(
      `${path} lasts ${seconds.toFixed(1)} s: ${LEAST_SECONDS} to ${MOST_SECONDS} s are needed`,
    );
  }
  if (levelDb(samples) < SILENT_DB) throw new Error(`${path} is silent`);
  return { path, rateHz, samples };
}

function readable(path: string): ReturnType<typeof readWav> {
  try {
    return readWav(path);
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function atRate({ path, rateHz, samples }: Recording, wantedHz: PipelineRateHz): Float32Array {
  const changed = resampled(samples, rateHz, wantedHz);
  if (levelDb(changed) < SILENT_DB) throw new Error(`${path} has nothing that is heard at ${wantedHz} Hz`);
  return changed;
}

function mixedPassage(
  { name, noise }: Pair,
  speech: Float32Array,
  snrDb: number,
  rateHz: PipelineRateHz,
): Passage {
  const once = atRate(noise!, rateHz);
  const repeated = speech.map((_, i) => once[i % once.length]!);
  return {
    name: `${name}, ${snrDb} dB, ${rateHz / 1000} kHz`,
    noiseKind: name,
    snrDb,
    rateHz,
    speech: scaled(speech, SPEECH_DB - activeSpeech(speech, rateHz).levelDb),
    noise: scaled(repeated, SPEECH_DB - snrDb - levelDb(repeated)),
  };
}

function heardPassage({ name, noisy }: Pair, speech: Float32Array, rateHz: PipelineRateHz): Passage {
  const heard = resampled(noisy!.samples, noisy!.rateHz, rateHz);
  const noise = heard.map((sample, i) => sample - speech[i]!);
  if (levelDb(noise) < SILENT_DB) throw new Error(`${noisy!.path} is the same as clean.wav`);
  const snrDb = Math.round(activeSpeech(speech, rateHz).levelDb - levelDb(noise));
  return { name: `${name}, ${rateHz / 1000} kHz`, noiseKind: name, snrDb, rateHz, speech, noise };
}
