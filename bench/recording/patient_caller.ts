import { setTimeout as delay } from 'node:timers/promises';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import type { Tts } from '../../src/providers/types.ts';
import { Mouth } from '../caller/mouth.ts';
import { CODECS } from '../wire/codec.ts';
import { SoundDetector } from '../wire/onset.ts';
import { Track } from '../wire/track.ts';
import { placeCall, type WireCallOptions, type WireStats } from '../wire/wire_call.ts';

export interface HeardCall {
  /** What went over the wire on the caller's own clock, from the answer on. */
  readonly caller: Track;
  readonly agent: Track;
  readonly durationMs: number;
  readonly wire: WireStats;
}

/** The caller lets itself be recorded, then has the agent repeat its question for as long as it likes. */
const CONSENT = 'yes';
const REQUESTS = ['say that again', 'repeat that', 'what did you say'];
const CODEC = CODECS.G722;
/** So long the agent must be silent until the caller speaks. */
const AGENT_DONE_MS = 1200;
const POLL_MS = 50;

/** Calls, and talks with the agent by turns until `seconds` have passed or the agent has had enough. */
export async function holdPatientCall(
  dial: Omit<WireCallOptions, 'codecs'>,
  voice: Tts,
  seconds: number,
): Promise<HeardCall> {
  const { rateHz } = CODEC;
  const signal = AbortSignal.timeout(60_000);
  const words = await Promise.all(
    [CONSENT, ...REQUESTS].map(async text => (await wholeSentence(voice, text, { rateHz, signal })).pcm),
  );
  const [consent, ...requests] = words;
  const mouth = new Mouth({ rateHz, noiseDbfs: undefined });
  const [caller, agent] = [new Track(rateHz), new Track(rateHz)];
  let agentQuietSinceMs = Number.POSITIVE_INFINITY;
  const ears = new SoundDetector(
    { rateHz, hangMs: AGENT_DONE_MS },
    {
      started: () => {
        agentQuietSinceMs = Number.POSITIVE_INFINITY;
      },
      ended: (_, endMs) => {
        agentQuietSinceMs = endMs;
      },
    },
  );
  const call = await placeCall(
    { ...dial, codecs: [CODEC] },
    {
      provisional: () => {},
      audio: () => ({
        source: mouth.source,
        sent: (pcm, atMs) => {
          mouth.sent(pcm, atMs);
          caller.write(pcm, atMs);
          ears.advance(atMs);
        },
        received: (pcm, atMs) => {
          ears.write(pcm, atMs);
          agent.write(pcm, atMs);
        },
      }),
      ended: () => mouth.close(),
    },
  );
  for (let turn = 0; call.up && call.nowMs() < seconds * 1000; await delay(POLL_MS)) {
    if (ears.sounding || call.nowMs() - agentQuietSinceMs < AGENT_DONE_MS) continue;
    agentQuietSinceMs = Number.POSITIVE_INFINITY;
    await mouth.say(turn === 0 ? consent! : requests[turn % requests.length]!);
    turn += 1;
  }
  const durationMs = call.nowMs();
  const wire = call.stats;
  await call.hangUp();
  return { caller, agent, durationMs, wire };
}
