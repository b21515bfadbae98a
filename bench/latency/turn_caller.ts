import { setTimeout as delay } from 'node:timers/promises';
import { Mouth } from '../caller/mouth.ts';
import { CODECS } from '../wire/codec.ts';
import { SoundDetector } from '../wire/onset.ts';
import { placeCall, type WireCallOptions } from '../wire/wire_call.ts';
import type { Utterance } from './dialogue.ts';

export const CODEC = CODECS.PCMU;
/** The agent counts as having ended after so much silence: longer than between its sentences. */
const AGENT_DONE_MS = 700;
/** A caller thinks for so long, at least, and does not speak in step with the others. */
const THINK_MS = { least: 150, most: 600 } as const;
const ANSWER_WITHIN_MS = 8000;
/** What was said has been heard after so long. */
const HEARD_MS = 400;
const POLL_MS = 10;
export const LINE_NOISE_DBFS = -65;

/** One turn on the wire, in milliseconds of this process's monotonic clock. */
export interface WireTurn {
  readonly text: string;
  /** The caller's last sound. */
  readonly lastSoundMs: number;
  /** The agent's first sound after it; undefined where none came. */
  readonly firstSoundMs: number | undefined;
  /** The agent began before the caller had ended. */
  readonly wasCutOff: boolean;
}

export interface TurnCallerOptions {
  readonly dial: Omit<WireCallOptions, 'codecs'>;
  readonly utterances: readonly Utterance[];
  readonly turns: number;
  /** Asked before an utterance goes out; what it gives is called a moment after its end. */
  readonly speaks: (utterance: Utterance) => Promise<() => void>;
  readonly random: () => number;
  /** Told of each turn. */
  readonly took: (turn: WireTurn) => void;
}

/** Calls, and takes turns with the agent: each utterance after the agent has ended, its answer timed packet to packet. */
export async function takeTurns(options: TurnCallerOptions): Promise<void> {
  const { rateHz } = CODEC;
  const mouth = new Mouth({ rateHz, noiseDbfs: LINE_NOISE_DBFS });
  const onsets: number[] = [];
  let quietSinceMs = Number.POSITIVE_INFINITY;
  const ears = new SoundDetector(
    { rateHz, hangMs: AGENT_DONE_MS },
    {
      started: startMs => {
        onsets.push(startMs);
        quietSinceMs = Number.POSITIVE_INFINITY;
      },
      ended: (_, endMs) => {
        quietSinceMs = endMs;
      },
    },
  );
  const call = await placeCall(
    { ...options.dial, codecs: [CODEC] },
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
  const startedMs = performance.now() - call.nowMs();
  for (let turn = 0; turn < options.turns && call.up; turn += 1) {
    await until(() => !call.up || call.nowMs() - quietSinceMs >= AGENT_DONE_MS, ANSWER_WITHIN_MS * 2);
    await delay(THINK_MS.least + options.random() * (THINK_MS.most - THINK_MS.least));
    const utterance = options.utterances[turn % options.utterances.length]!;
    const before = onsets.length;
    quietSinceMs = Number.POSITIVE_INFINITY;
    const ended = await options.speaks(utterance);
    const spoken = await mouth.say(utterance.pcm);
    setTimeout(ended, HEARD_MS);
    if (spoken === undefined) break;
    const answer = () => onsets.slice(before).find(onset => onset > spoken.startMs);
    await until(() => !call.up || answer() !== undefined, ANSWER_WITHIN_MS);
    const onset = answer();
    const wasCutOff = onset !== undefined && onset <= spoken.endMs;
    options.took({
      text: utterance.text,
      lastSoundMs: startedMs + spoken.endMs,
      firstSoundMs: onset === undefined ? undefined : startedMs + onset,
      wasCutOff,
    });
  }
  await call.hangUp();
}

export async function until(condition: () => boolean, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition() && performance.now() < deadline) await delay(POLL_MS);
}
