import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { openVoice } from '../../bench/caller/local_speech.ts';
import { Mouth } from '../../bench/caller/mouth.ts';
import { ownTarget } from '../../bench/node.ts';
import { CODECS } from '../../bench/wire/codec.ts';
import { placeCall, type WireCall } from '../../bench/wire/wire_call.ts';
import { loadConfig } from '../../src/config/load.ts';
import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import { startCartesia } from '../providers/servers/cartesia.ts';
import { DeepgramListenServer } from '../providers/servers/deepgram_listen.ts';
import { scriptedWords } from '../providers/servers/scripted_words.ts';
import { toneSpeech } from '../providers/servers/speech_script.ts';
import type { TestNode } from './test_node.ts';

const KEY = 'spoken-key-of-the-test';
/** Sound that comes before an utterance's own. */
const LEAD_IN_MS = 300;
const SPOKEN_MS = 700;
/** Shorter than speech, so that a long form is soon said. */
const SHORTER = 4;
/** What was said has been heard after so long. */
const HEARD_MS = 500;
const POLL_MS = 20;
const LINE_NOISE_DBFS = -65;
const ANSWER_TIMEOUT_MS = 60_000;

/** A recogniser that hears what the caller of the test says, whatever that sounds like, and a voice that is soon done. */
export class SpokenWords {
  readonly config: Readonly<Record<string, unknown>>;
  readonly close: () => Promise<void>;
  #said: string | undefined;

  private constructor(stt: DeepgramListenServer, tts: { readonly url: string; close(): Promise<void> }) {
    stt.script = () => this.#words();
    this.config = {
      stt: [{ kind: 'deepgram', keyEnv: 'SPOKEN_KEY', url: stt.url }],
      tts: [{ kind: 'cartesia', keyEnv: 'SPOKEN_KEY', url: tts.url, voice: 'scripted' }, { kind: 'flite' }],
    };
    this.close = async () => {
      delete process.env.SPOKEN_KEY;
      await Promise.all([stt.close(), tts.close()]);
    };
  }

  /** To be called before the node is started that uses it. */
  static async start(): Promise<SpokenWords> {
    process.env.SPOKEN_KEY = KEY;
    const tts = await startCartesia({ apiKey: KEY });
    tts.script.audio = (text, rateHz) => {
      const { pcm, words } = toneSpeech(text, rateHz);
      return {
        pcm: pcm.filter((_, at) => at % SHORTER === 0),
        words: words.map(({ word, startMs, endMs }) => ({
          word,
          startMs: startMs / SHORTER,
          endMs: endMs / SHORTER,
        })),
      };
    };
    return new SpokenWords(await new DeepgramListenServer(KEY).start(), tts);
  }

  /** What is heard until the returned function is called. */
  says(text: string): () => void {
    this.#said = text;
    return () => {
      if (this.#said === text) this.#said = undefined;
    };
  }

  #words() {
    const said = this.#said ?? '';
    const msPerWord = SPOKEN_MS / Math.max(1, said.split(' ').length);
    return scriptedWords(said, { msPerWord, confidence: 0.97 }).map(
      ({ word, startMs, endMs, confidence }) => ({
        word,
        startMs: startMs + LEAD_IN_MS,
        endMs: endMs + LEAD_IN_MS,
        confidence,
      }),
    );
  }
}

const turn = z.object({ text: z.string(), startMs: z.number() });
const event = z.object({ callId: z.string(), type: z.string(), detail: z.record(z.string(), z.unknown()) });
type FeedEvent = z.infer<typeof event>;
export type AgentTurn = z.infer<typeof turn>;

/** Events of a node's calls as they are committed, from now on. */
export async function followEvents(node: TestNode): Promise<readonly FeedEvent[]> {
  const answer = await node.get('/api/events');
  const events: FeedEvent[] = [];
  const read = async (): Promise<void> => {
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      const whole = text.lastIndexOf('\n\n');
      if (whole < 0) continue;
      for (const [, data = ''] of text.slice(0, whole).matchAll(/^data: (.*)$/gm))
        events.push(event.parse(JSON.parse(data)));
      text = text.slice(whole);
    }
  };
  read().catch(() => undefined);
  return events;
}

interface CallerParts {
  readonly node: TestNode;
  readonly words: SpokenWords;
  readonly events: readonly FeedEvent[];
  readonly from: string;
}

/** Somebody who calls the node over its SIP edge, hears by its record what the agent said, and answers with sound. */
export class SpokenCaller {
  readonly callId: string;
  readonly #parts: CallerParts;
  readonly #call: WireCall;
  readonly #mouth: Mouth;
  readonly #sound: Int16Array;
  #heardMs = -1;

  private constructor(parts: CallerParts, call: WireCall, mouth: Mouth, sound: Int16Array, callId: string) {
    this.#parts = parts;
    this.#call = call;
    this.#mouth = mouth;
    this.#sound = sound;
    this.callId = callId;
  }

  static async call(parts: CallerParts): Promise<SpokenCaller> {
    const { node, events, from } = parts;
    const { rateHz } = CODECS.PCMU;
    const config = loadConfig(node.configFile);
    const voice = await openVoice(config, 'slt');
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const { pcm } = await wholeSentence(voice, 'I would like to tell it to you.', { rateHz, signal });
    await voice.close();
    const mouth = new Mouth({ rateHz, noiseDbfs: LINE_NOISE_DBFS });
    const before = events.length;
    const call = await placeCall(
      {
        target: ownTarget(config),
        fromUser: from,
        codecs: [CODECS.PCMU],
        localHost: undefined,
        credentials: undefined,
        answerTimeoutMs: ANSWER_TIMEOUT_MS,
        signal: new AbortController().signal,
      },
      {
        provisional: () => {},
        audio: () => ({ source: mouth.source, sent: mouth.sent, received: () => {} }),
        ended: () => mouth.close(),
      },
    );
    for (;;) {
      const started = events.slice(before).find(({ type }) => type === 'call.started');
      if (started !== undefined) return new SpokenCaller(parts, call, mouth, pcm, started.callId);
      await sleep(POLL_MS);
    }
  }

  get isUp(): boolean {
    return this.#call.up;
  }

  /** All that the agent has said so far, in the order in which it was said. */
  get agentTurns(): readonly AgentTurn[] {
    return this.#parts.events
      .filter(({ callId, type }) => callId === this.callId && type === 'turn.agent')
      .map(({ detail }) => turn.parse(detail))
      .toSorted((one, other) => one.startMs - other.startMs);
  }

  /** The next that the agent has said to its end. @throws Error when the call is over before */
  async hears(isMeant: (text: string) => boolean = () => true): Promise<string> {
    for (;;) {
      const next = this.agentTurns.findLast(({ startMs }) => startMs > this.#heardMs);
      if (next !== undefined && isMeant(next.text)) {
        this.#heardMs = next.startMs;
        return next.text;
      }
      if (!this.isUp) throw new Error(`the call is over after: ${this.agentTurns.at(-1)?.text}`);
      await sleep(POLL_MS);
    }
  }

  /** Resolves when the last of it was sent. */
  async says(text: string): Promise<void> {
    const heard = this.#parts.words.says(text);
    await this.#mouth.say(this.#sound);
    setTimeout(heard, HEARD_MS).unref();
  }

  /** Resolves when the record of the call is complete. */
  async hangUp(): Promise<void> {
    await this.#call.hangUp();
    const { events } = this.#parts;
    while (!events.some(({ callId, type }) => callId === this.callId && type === 'call.ended'))
      await sleep(POLL_MS);
  }
}
