import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AnswerKind } from '../../src/workflow/types.ts';
import { SeededRandom } from '../caller/random.ts';
import { atRate } from '../noise/passages.ts';
import { fromInt16 } from '../noise/signal.ts';
import { readWav } from '../wire/wav.ts';
import { type LabelledCall, type LabelledTurn, RATE_HZ, REST_MS } from './callers.ts';
import { partialsOf } from './recogniser.ts';
import { PATIENCE } from './utterances.ts';

const KINDS = Object.keys(PATIENCE) as AnswerKind[];
/** What a set may hold at most. */
const MOST_FILES = 2000;
const MOST_SECONDS = 60;
const MOST_LABEL_BYTES = 1 << 16;
const LEAD_MS = 1500;
const SEED = 77;
const LINE = /^(\d{1,4}(?:\.\d{1,6})?)\s+(\d{1,4}(?:\.\d{1,6})?)\s+([a-z0-9' @.-]{1,200})$/;

interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
  readonly words: readonly string[];
}

/**
 * Turns that others have recorded: KIND/NAME.wav, one turn of one caller each (16-bit, one channel, 8 or 16 kHz), beside
 * KIND/NAME.txt with a line `start end words` for every stretch of speech without a pause, in seconds and in plain lower-case
 * words; Audacity exports such labels. KIND is what is expected, one of AnswerKind.
 * @throws Error naming the file, and the line, that is not so
 */
export function readLabelledTurns(folder: string): LabelledCall[] {
  const files = KINDS.flatMap(kind =>
    namesIn(join(folder, kind)).map(name => ({ kind, path: join(folder, kind, name) })),
  );
  if (files.length === 0) throw new Error(`${folder} holds no WAV file in a folder ${KINDS.join(', ')}`);
  if (files.length > MOST_FILES) throw new Error(`${folder} holds more than ${MOST_FILES} WAV files`);
  return files.map(({ kind, path }) => readTurn(kind, path));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(name => name.endsWith('.wav'))
      .toSorted();
  } catch {
    return [];
  }
}

function readTurn(kind: AnswerKind, path: string): LabelledCall {
  const sound = readSound(path);
  const stretches = readStretches(`${path.slice(0, -4)}.txt`, (sound.length * 1000) / RATE_HZ);
  const samples = new Float32Array(((LEAD_MS + REST_MS) * RATE_HZ) / 1000 + sound.length);
  samples.set(sound, (LEAD_MS * RATE_HZ) / 1000);
  return { voice: path, samples, turns: [turnOf(kind, stretches, new SeededRandom(SEED, path))] };
}

function turnOf(kind: AnswerKind, stretches: readonly Stretch[], random: SeededRandom): LabelledTurn {
  const words = stretches.flatMap(({ startMs, endMs, words: said }) =>
    said.map((word, index) => ({
      word,
      endMs: LEAD_MS + startMs + ((endMs - startMs) * (index + 1)) / said.length,
    })),
  );
  return {
    kind,
    step: { patience: PATIENCE[kind], expects: { kind } },
    askedMs: 0,
    startMs: LEAD_MS + stretches[0]!.startMs,
    endMs: LEAD_MS + stretches.at(-1)!.endMs,
    pausesMs: stretches.slice(1).map(({ startMs }, index) => startMs - stretches[index]!.endMs),
    text: words.map(({ word }) => word).join(' '),
    partials: partialsOf(words, random),
  };
}

function readSound(path: string): Float32Array {
  const { rateHz, channels } = readWav(path);
  if (rateHz !== 8000 && rateHz !== 16_000) {
    throw new Error(`${path} has ${rateHz} Hz: 8000 or 16000 is needed`);
  }
  if (channels.length !== 1) throw new Error(`${path} has ${channels.length} channels: one is needed`);
  const samples = fromInt16(channels[0]!);
  if (samples.length > MOST_SECONDS * rateHz) throw new Error(`${path} is longer than ${MOST_SECONDS} s`);
  return rateHz === RATE_HZ ? samples : atRate(samples, RATE_HZ);
}

function readStretches(path: string, lengthMs: number): Stretch[] {
  if (statSync(path).size > MOST_LABEL_BYTES) {
    throw new Error(`${path} is larger than ${MOST_LABEL_BYTES} bytes`);
  }
  const stretches: Stretch[] = [];
  for (const [index, line] of readFileSync(path, 'utf8').split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, start, end, words] = LINE.exec(line.trim()) ?? [];
    const [startMs, endMs] = [1000 * Number(start), 1000 * Number(end)];
    const earliestMs = stretches.at(-1)?.endMs ?? 0;
    if (words === undefined || startMs < earliestMs || endMs <= startMs || endMs > lengthMs + 100) {
      throw new Error(`${path}: line ${index + 1} is not \`start end words\`, in order and within the sound`);
    }
    stretches.push({ startMs, endMs, words: words.trim().split(/\s+/) });
  }
  if (stretches.length === 0) throw new Error(`${path} has no labels`);
  return stretches;
}
