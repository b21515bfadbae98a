import { setTimeout as delay } from 'node:timers/promises';
import { Mouth } from '../caller/mouth.ts';
import { type Spread, spreadOf } from '../caller/report.ts';
import { SoundDetector } from '../wire/onset.ts';
import { placeCall } from '../wire/wire_call.ts';
import type { Utterance } from './dialogue.ts';
import { dialOf } from './dialogues.ts';
import type { Services } from './services.ts';
import { CODEC, LINE_NOISE_DBFS, until } from './turn_caller.ts';

/** The caller begins so long after the agent's first sound. */
const INTO_IT_MS = 500;
/** Longer than the agent pauses between sentences: then it has stopped. */
const STOPPED_MS = 700;
/** Its first words take some ten seconds: what sounds for so long was not cut. */
const NOT_CUT_MS = 8000;
/** An agent that only lowers its voice has not stopped. */
const SOUND_DBFS = -52;
const FIRST_WORDS_WITHIN_MS = 20_000;

export interface Interruptions {
  readonly calls: number;
  /** It said what it had to say. */
  readonly neverStopped: number;
  /** From the caller's first sound to the agent's last, on the wire. */
  readonly stopMs: Spread | undefined;
  /** Calls that did not come about, and why. */
  readonly failures: readonly string[];
}

export interface InterruptionOptions {
  readonly target: string;
  readonly services: Services;
  /** What the caller says until the agent is silent. */
  readonly utterance: Utterance;
  readonly calls: number;
}

/** Speaks over the first words of an agent in one call after the other, half a second after they began. */
export async function interruptFirstWords(options: InterruptionOptions): Promise<Interruptions> {
  const stops: (number | undefined)[] = [];
  const failures: string[] = [];
  for (let call = 0; call < options.calls; call += 1) {
    try {
      stops.push(await interruptOne(options, call));
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  const stopped = stops.filter(stop => stop !== undefined);
  return {
    calls: options.calls,
    neverStopped: stops.length - stopped.length,
    stopMs: spreadOf(stopped),
    failures,
  };
}

/** @throws Error when the call is not answered or the agent says nothing */
async function interruptOne(options: InterruptionOptions, at: number): Promise<number | undefined> {
  const { rateHz } = CODEC;
  const mouth = new Mouth({ rateHz, noiseDbfs: LINE_NOISE_DBFS });
  let onsetMs: number | undefined;
  let lastMs: number | undefined;
  const ears = new SoundDetector(
    { rateHz, hangMs: STOPPED_MS, onDbfs: SOUND_DBFS },
    {
      started: startMs => {
        onsetMs ??= startMs;
      },
      ended: (_, endMs) => {
        lastMs ??= endMs;
      },
    },
  );
  const call = await placeCall(
    { ...dialOf(options.target, at), codecs: [CODEC] },
    {
      provisional: () => {},
      audio: () => ({
        source: mouth.source,
        sent: (pcm, atMs) => {
          mouth.sent(pcm, atMs);
          ears.advance(atMs);
        },
        received: (pcm, atMs) => ears.write(pcm, atMs),
      }),
      ended: () => mouth.close(),
    },
  );
  try {
    await until(() => onsetMs !== undefined || !call.up, FIRST_WORDS_WITHIN_MS);
    if (onsetMs === undefined) throw new Error('the agent said nothing');
    const begunMs = onsetMs;
    await delay(Math.max(0, begunMs + INTO_IT_MS - call.nowMs()));
    const heard = await options.services.speaks(options.utterance);
    const said = mouth.say(options.utterance.pcm);
    await until(() => lastMs !== undefined || !call.up || call.nowMs() - begunMs > NOT_CUT_MS, NOT_CUT_MS);
    mouth.stop();
    heard();
    const spoken = await said;
    if (spoken === undefined) throw new Error('the caller was not heard');
    return lastMs === undefined ? undefined : lastMs - spoken.startMs;
  } finally {
    await call.hangUp();
  }
}
