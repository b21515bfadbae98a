import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { fromInt16 } from '../noise/signal.ts';
import { readWav } from '../wire/wav.ts';
import type { Scene } from './scenes.ts';
import type { Stretch } from './stretches.ts';

/** What a set may hold at most. */
const MOST_FILES = 2000;
const MOST_SECONDS = 3600;
const MOST_LABEL_BYTES = 1 << 20;

/**
 * Sounds that others have labelled: NAME.wav (16-bit, one channel, 8 or 16 kHz) beside NAME.txt, with one line
 * `start end` for each stretch of speech, in seconds, in their order; what follows on the line is ignored, and so are
 * empty lines and those that begin with #. Audacity exports such labels. Each folder within is a condition of its own.
 * @throws Error naming the file, and the line, that is not so
 */
export function readLabelled(folder: string): Scene[] {
  const files = wavFiles(folder);
  if (files.length === 0) throw new Error(`${folder} holds no WAV file`);
  if (files.length > MOST_FILES) throw new Error(`${folder} holds more than ${MOST_FILES} WAV files`);
  return files.map(({ condition, path }) => readScene(condition, path));
}

interface WavFile {
  readonly condition: string;
  readonly path: string;
}

function wavFiles(folder: string): WavFile[] {
  const inFolder = (path: string): WavFile[] =>
    entriesOf(path)
      .filter(entry => entry.isFile() && entry.name.toLowerCase().endsWith('.wav'))
      .map(({ name }) => ({ condition: basename(path), path: join(path, name) }));
  const folders = entriesOf(folder).filter(entry => entry.isDirectory());
  return [...inFolder(folder), ...folders.flatMap(({ name }) => inFolder(join(folder, name)))];
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new Error(`${folder} can't be read as a folder`, { cause });
  }
}

function readScene(condition: string, path: string): Scene {
  const { rateHz, samples } = readSound(path);
  const lengthMs = (samples.length * 1000) / rateHz;
  const spoken = readLabels(`${path.slice(0, -4)}.txt`, lengthMs);
  return { condition, voice: basename(path), rateHz, samples, spoken };
}

function readSound(path: string): { rateHz: PipelineRateHz; samples: Float32Array } {
  const { rateHz, channels } = explained(path, () => readWav(path));
  if (rateHz !== 8000 && rateHz !== 16_000)
    throw new Error(`${path} has ${rateHz} Hz: 8000 or 16000 is needed`);
  if (channels.length !== 1) throw new Error(`${path} has ${channels.length} channels: one is needed`);
  const samples = fromInt16(channels[0]!);
  if (samples.length === 0) throw new Error(`${path} is empty`);
  if (samples.length > MOST_SECONDS * rateHz) throw new Error(`${path} is longer than ${MOST_SECONDS} s`);
  return { rateHz, samples };
}

function readLabels(path: string, lengthMs: number): Stretch[] {
  const text = explained(path, () => {
    if (statSync(path).size > MOST_LABEL_BYTES) throw new Error(`larger than ${MOST_LABEL_BYTES} bytes`);
    return readFileSync(path, 'utf8');
  });
  const stretches: Stretch[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const stretch = parseLabel(line);
    const fault =
      stretch === undefined ? 'is not `start end` in seconds' : faultOf(stretch, stretches.at(-1), lengthMs);
    if (stretch === undefined || fault !== undefined) throw new Error(`${path}: line ${index + 1} ${fault}`);
    stretches.push(stretch);
  }
  return stretches;
}

const SECONDS = /^\d{1,6}(\.\d{1,9})?$/;

function parseLabel(line: string): Stretch | undefined {
  const [start, end] = line.trim().split(/\s+/);
  if (start === undefined || end === undefined || !SECONDS.test(start) || !SECONDS.test(end))
    return undefined;
  return { startMs: 1000 * Number(start), endMs: 1000 * Number(end) };
}

function faultOf(stretch: Stretch, before: Stretch | undefined, lengthMs: number): string | undefined {
  if (stretch.endMs <= stretch.startMs) return 'does not end after its start';
  if (before !== undefined && stretch.startMs < before.endMs) return 'begins before the one above has ended';
  // Labels are often set to a tenth of a second.
  if (stretch.endMs > lengthMs + 100) return `ends after the sound, which has ${lengthMs / 1000} s`;
  return undefined;
}

function explained<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
