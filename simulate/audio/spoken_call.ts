import { setTimeout as sleep } from 'node:timers/promises';
import { Mouth } from '../../bench/caller/mouth.ts';
import { CODECS } from '../../bench/wire/codec.ts';
import { placeCall, type WireCall } from '../../bench/wire/wire_call.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import type { Tts } from '../../src/providers/types.ts';
import type { Reply, SimulatedCaller } from '../caller/caller.ts';
import { plainWords } from '../speech/recogniser.ts';
import type { Turn } from '../text/conversation.ts';
import { AgentEars } from './agent_ears.ts';
import type { SpokenBook } from './spoken_book.ts';

const CODEC = CODECS.PCMU;
const LINE_NOISE_DBFS = -65;
/** What was said has been heard after so long. */
const HEARD_MS = 2500;
const ANSWERED_WITHIN_MS = 30_000;
/** Nothing was understood of what callers say with less. */
const CONFIDENCE = 0.95;
const POLL_MS = 20;

export interface SpokenCallParts {
  readonly target: string;
  /** Calling party. */
  readonly from: string;
  /** What the one who places the call says of the caller: SIP headers by name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly caller: SimulatedCaller;
  readonly voice: Tts;
  readonly book: SpokenBook;
  /** A call that lasts longer is hung up. */
  readonly mostMs: number;
}

export interface SpokenCall {
  readonly sipCallId: string;
  readonly turns: readonly Turn[];
  /** When the agent began each of its turns, by the clock on the wall. */
  readonly agentTurnsAt: readonly number[];
  readonly endedBy: 'agent' | 'caller' | 'limit';
  readonly ms: number;
}

/** A simulated caller on the telephone: hears the agent from the wire alone, and speaks. */
export async function holdSpokenCall(parts: SpokenCallParts): Promise<SpokenCall> {
  const { caller, target, from, headers, mostMs } = parts;
  const mouth = new Mouth({ rateHz: CODEC.rateHz, noiseDbfs: LINE_NOISE_DBFS });
  const ears = new AgentEars();
  let endedBy: SpokenCall['endedBy'] = 'caller';
  const call = await placeCall(
    {
      target,
      fromUser: from,
      headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
      credentials: undefined,
      codecs: [CODEC],
      localHost: '127.0.0.1',
      answerTimeoutMs: ANSWERED_WITHIN_MS,
      signal: new AbortController().signal,
    },
    {
      provisional: () => undefined,
      audio: () => ({
        source: mouth.source,
        sent: (pcm, atMs) => {
          mouth.sent(pcm, atMs);
          ears.advance(atMs);
        },
        received: (pcm, atMs) => ears.write(pcm, atMs),
      }),
      ended: by => {
        if (by === 'agent') endedBy = 'agent';
        mouth.close();
        ears.close();
      },
    },
  );
  const answeredAt = Date.now() - call.nowMs();
  const limit = setTimeout(() => {
    endedBy = 'limit';
    void call.hangUp();
  }, mostMs);
  const turns: Turn[] = [];
  const agentTurnsAt: number[] = [];
  try {
    for (let heard = await ears.next(); heard !== undefined; heard = await ears.next()) {
      turns.push({ by: 'agent', text: heard.text });
      agentTurnsAt.push(answeredAt + heard.startMs);
      if (call.up) await answer(caller.hear(heard.text), { call, mouth, ears, turns, parts });
    }
  } finally {
    clearTimeout(limit);
    await call.hangUp();
  }
  return { sipCallId: call.callId, turns, agentTurnsAt, endedBy, ms: call.nowMs() };
}

interface Talk {
  readonly call: WireCall;
  readonly mouth: Mouth;
  readonly ears: AgentEars;
  readonly turns: Turn[];
  readonly parts: SpokenCallParts;
}

async function answer(reply: Reply, { call, mouth, ears, turns, parts }: Talk): Promise<void> {
  if (reply.type === 'silence') {
    turns.push({ by: 'caller', text: '' });
    return;
  }
  if (reply.type === 'keys') {
    turns.push({ by: 'caller', text: `keys ${reply.keys}` });
    call.pressKeys(reply.keys);
    return;
  }
  if (reply.type === 'hangUp') {
    turns.push({ by: 'caller', text: reply.text });
    await call.hangUp();
    return;
  }
  const { voice, book } = parts;
  const signal = AbortSignal.timeout(30_000);
  const { pcm } = await wholeSentence(voice, reply.text, { rateHz: CODEC.rateHz, signal });
  // Whoever is spoken to meanwhile lets the other one finish.
  while (ears.isBusy && call.up) await sleep(POLL_MS);
  const heard = plainWords(reply.text).join(' ');
  turns.push({ by: 'caller', text: reply.text, heard, confidence: CONFIDENCE, intent: reply.intent });
  const takeOut = book.enter(pcm, heard);
  await mouth.say(pcm);
  setTimeout(takeOut, HEARD_MS).unref();
}
