import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SeededRandom } from '../caller/random.ts';
import { readWav, type WavAudio } from '../wire/wav.ts';
import { type BargeInEvent, type CallPlan, EVENT_CLASSES, type EventClass } from './event.ts';
import { echoOnlyPcm } from './event_set.ts';
import { asPlans, drawAfterMs, layOut } from './plan_calls.ts';
import { fromPcm, resampled, toPcm, trimmed } from './shaping.ts';

/** Of one class. */
const MOST_FILES = 1000;
const LONGEST_MS = 20_000;
const SHORTEST_MS = 10;
const RATES_HZ = { least: 8000, most: 48_000 } as const;
/** Peak beneath which a file is empty. */
const LEAST_PEAK = 64;

/** Recordings may be of every class but the agent's own echo, which is made from what it says. */
const RECORDED = EVENT_CLASSES.filter(kind => kind !== 'echoOnly');

export interface OwnSetOptions {
  /** Files of a class that are used, by their names. */
  readonly most?: number | undefined;
  readonly eventsOfACall: number;
  readonly seed: number;
}

/**
 * A set from a folder: `FOLDER/CLASS/NAME.wav`, 16-bit PCM at any rate from 8 to 48 kHz, its first channel, at the level at
 * which it is recorded, from its first sound to its last. Calls mix what is in it; with `sentenceInEcho` as many events of
 * echo alone come in turn.
 * @throws Error that names the folder or file when there is none, it is of no class, can't be read, or is empty or too long
 */
export function readOwnSet(
  folder: string,
  { most = MOST_FILES, eventsOfACall, seed }: OwnSetOptions,
): CallPlan[] {
  const classes = listOf(folder).filter(name => statSync(join(folder, name)).isDirectory());
  if (classes.length === 0) throw new Error(`${folder} has no folder of a class: ${RECORDED.join(', ')}`);
  const events = new Map<EventClass, readonly BargeInEvent[]>();
  for (const name of classes) {
    const kind = RECORDED.find(recorded => recorded === name);
    if (kind === undefined) throw new Error(`${join(folder, name)} is no class: ${RECORDED.join(', ')}`);
    events.set(kind, readClass(join(folder, name), kind, most, seed));
  }
  const inEcho = events.get('sentenceInEcho') ?? [];
  const echoOnly = inEcho.map((_, index) => echoAlone(index, seed));
  const dry = [...events].flatMap(([kind, ofClass]) => (kind === 'sentenceInEcho' ? [] : ofClass));
  const layouts = layOut({ dry, television: [], echoOnly, inEcho }, eventsOfACall, seed);
  return asPlans(
    layouts.map(layout => ({ layout, events: layout.events, background: undefined })),
    seed,
  );
}

function readClass(folder: string, kind: EventClass, most: number, seed: number): BargeInEvent[] {
  const names = listOf(folder).filter(name => /\.wav$/i.test(name));
  if (names.length === 0) throw new Error(`${folder} has no WAV files`);
  if (names.length > MOST_FILES) throw new Error(`${folder} has more than ${MOST_FILES} files`);
  return names
    .toSorted()
    .slice(0, most)
    .map((name, index) => {
      const pcm = readSound(join(folder, name));
      return {
        kind,
        source: basename(name),
        text: '',
        pcm,
        afterMs: drawAfterMs(afterOf(kind, index, seed)),
      };
    });
}

function readSound(file: string): Int16Array {
  const { rateHz, channels } = readFile(file);
  const pcm = channels[0]!;
  if (rateHz < RATES_HZ.least || rateHz > RATES_HZ.most)
    throw new Error(`${file}: ${rateHz} Hz, not 8 to 48 kHz`);
  const lengthMs = (pcm.length * 1000) / rateHz;
  if (lengthMs > LONGEST_MS) throw new Error(`${file} is longer than ${LONGEST_MS / 1000} s`);
  if (lengthMs < SHORTEST_MS || pcm.every(sample => Math.abs(sample) < LEAST_PEAK))
    throw new Error(`${file} is empty or silent`);
  return toPcm(trimmed(resampled(fromPcm(pcm), rateHz)));
}

function readFile(file: string): WavAudio {
  try {
    return readWav(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file} can't be read: ${why}`, { cause });
  }
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new Error(`${folder} is no folder that can be read`, { cause });
  }
}

function echoAlone(index: number, seed: number): BargeInEvent {
  const kind = 'echoOnly';
  const afterMs = drawAfterMs(afterOf(kind, index, seed));
  return { kind, source: 'agent', text: '', pcm: echoOnlyPcm(), afterMs };
}

function afterOf(kind: EventClass, index: number, seed: number): SeededRandom {
  return new SeededRandom(seed, `after ${kind} ${index}`);
}
