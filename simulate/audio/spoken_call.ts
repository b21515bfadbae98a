import { setTimeout as sleep } from 'node:timers/promises';
import { Mouth } from '../../bench/caller/mouth.ts';
import { CODECS } from '../../bench/wire/codec.ts';
import { placeCall, type WireCall } from '../../bench/wire/wire_call.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import type { SpokenWord, Tts } from '../../src/providers/types.ts';
import type { Reply, SimulatedCaller } from '../caller/caller.ts';
import { plainWords } from '../speech/recogniser.ts';
import type { Turn } from '../text/conversation.ts';
import { AgentEars } from './agent_ears.ts';
import { type SpokenBook, sharedOut } from './spoken_book.ts';

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
  const ears = new AgentEars(caller.cutsIn ? beginning => caller.foresee(beginning) : undefined);
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
  const turns: Said[] = [];
  const agentTurnsAt: number[] = [];
  try {
    for (let heard = await ears.next(); heard !== undefined; heard = await ears.next()) {
      const { text } = heard;
      const at = turns.push(() => ({ by: 'agent', text })) - 1;
      agentTurnsAt.push(answeredAt + heard.startMs);
      if (call.up)
        await answer(caller.hear(text), {
          call,
          mouth,
          ears,
          turns,
          parts,
          isCutIn: heard.heard !== undefined,
        });
      if (heard.heard === undefined) continue;
      const said = await toItsEnd(ears, call, heard.heard);
      turns[at] = () => ({ by: 'agent', text: said, cutInto: true });
    }
  } finally {
    clearTimeout(limit);
    await call.hangUp();
  }
  return {
    sipCallId: call.callId,
    turns: turns.map(said => said()),
    agentTurnsAt,
    endedBy,
    ms: call.nowMs(),
  };
}

/** What was heard of a turn that was cut into, once the caller has spoken and the agent's sentence is over or broken off. */
async function toItsEnd(ears: AgentEars, call: WireCall, heard: Promise<string>): Promise<string> {
  while (call.up && ears.isSounding) await sleep(POLL_MS);
  ears.endCutIn();
  return heard;
}

/** A turn as it turned out: what was heard of it is known once it was said. */
type Said = () => Turn;

interface Talk {
  readonly call: WireCall;
  readonly mouth: Mouth;
  readonly ears: AgentEars;
  readonly turns: Said[];
  readonly parts: SpokenCallParts;
  /** The agent has not finished. */
  readonly isCutIn: boolean;
}

async function answer(reply: Reply, talk: Talk): Promise<void> {
  const { call, mouth, ears, turns, parts, isCutIn } = talk;
  if (reply.type === 'silence') {
    turns.push(() => ({ by: 'caller', text: '' }));
    return;
  }
  if (reply.type === 'keys') {
    turns.push(() => ({ by: 'caller', text: `keys ${reply.keys}` }));
    call.pressKeys(reply.keys);
    return;
  }
  if (reply.type === 'hangUp') {
    turns.push(() => ({ by: 'caller', text: reply.text }));
    await call.hangUp();
    return;
  }
  const { voice, book } = parts;
  const signal = AbortSignal.timeout(30_000);
  const { pcm, words } = await wholeSentence(voice, reply.text, { rateHz: CODEC.rateHz, signal });
  // Whoever is spoken to meanwhile lets the other one finish, but for who cuts in.
  if (!isCutIn) while (ears.isBusy && call.up) await sleep(POLL_MS);
  const entry = book.enter(pcm, timedWords(reply.text, words, pcm));
  turns.push(() => ({
    by: 'caller',
    text: reply.text,
    heard: entry.heard(),
    confidence: CONFIDENCE,
    intent: reply.intent,
  }));
  await mouth.say(pcm);
  setTimeout(() => entry.leave(), HEARD_MS).unref();
}

/** The words as a recogniser writes them, at the times of the voice where it has one for each. */
function timedWords(text: string, spoken: readonly SpokenWord[], pcm: Int16Array): readonly SpokenWord[] {
  const plain = plainWords(text);
  const timed = spoken.flatMap(one =>
    plainWords(one.word).map(word => ({ word, startMs: one.startMs, endMs: one.endMs })),
  );
  const agree = timed.length === plain.length && timed.every(({ word }, at) => word === plain[at]);
  return agree ? timed : sharedOut(plain.join(' '), pcm);
}
