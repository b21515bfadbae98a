import { startCartesia } from '../../test/providers/servers/cartesia.ts';
import { DeepgramListenServer } from '../../test/providers/servers/deepgram_listen.ts';
import { serveOpenAiChat } from '../../test/providers/servers/openai_chat.ts';
import { logNormalMs, type ScriptedWord } from '../../test/providers/servers/scripted_words.ts';
import { toneSpeech } from '../../test/providers/servers/speech_script.ts';
import { SeededRandom } from '../caller/random.ts';
import type { Utterance } from './dialogue.ts';

/** Medians of the providers' delays in milliseconds; log-normal around them. */
export interface Delays {
  readonly name: string;
  readonly finalMs: number;
  readonly firstTokenMs: number;
  readonly firstByteMs: number;
}

/** Of the logarithm: one in twenty takes half as long again and more. */
const SIGMA = 0.25;
const KEY = 'latency-bench';
const TOKEN_MS = 15;
const HEARD_WITHIN_MS = 3000;
const AUDIO_PACE_MS = 20;
/** Speech of a real voice begins so soon after its first byte. */
const LEAD_MS = 20;
/** Sound counts as speech from here on: −40 dBFS. */
const AUDIBLE = 330;

/** One piece of a provider's work, on this process's monotonic clock. */
export interface Busy {
  readonly kind: 'stt' | 'llm' | 'tts';
  readonly fromMs: number;
  readonly toMs: number;
}

/** Scripted providers on the loopback, whose delays are known to the millisecond. */
export interface Services {
  /** For the node that uses them. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  /** All work so far, in the order of its end. */
  readonly work: readonly Busy[];
  /** Resolves when the caller may begin to say this: one after the other, so that it is known whose words are heard. */
  speaks(utterance: Utterance): Promise<void>;
  close(): Promise<void>;
}

export async function startServices(delays: Delays, seed: number): Promise<Services> {
  const work: Busy[] = [];
  const drawn = (kind: Busy['kind'], medianMs: number) => {
    const random = new SeededRandom(seed, kind);
    const draw = logNormalMs(medianMs, SIGMA, () => random.next());
    return () => {
      const ms = draw();
      const fromMs = performance.now();
      work.push({ kind, fromMs, toMs: fromMs + ms });
      return ms;
    };
  };
  const callers = new OneAtATime();
  const stt = await new DeepgramListenServer(KEY).start();
  stt.script = ({ head }) => scripted(callers.heard(), head);
  stt.finalDelayMs = drawn('stt', delays.finalMs);
  stt.partialDelayMs = logNormalMs(delays.finalMs, SIGMA, Math.random);
  let answers = 0;
  const llm = await serveOpenAiChat({
    key: KEY,
    firstMs: drawn('llm', delays.firstTokenMs),
    betweenMs: () => {
      const fromMs = performance.now();
      work.push({ kind: 'llm', fromMs, toMs: fromMs + TOKEN_MS });
      return TOKEN_MS;
    },
    answer: () => ({ steps: tokensOf(answers++).map(say => ({ say })) }),
  });
  const tts = await startCartesia({ apiKey: KEY });
  tts.script.audio = spoken;
  tts.script.firstByteMs = drawn('tts', delays.firstByteMs);
  tts.script.paceMs = () => AUDIO_PACE_MS;
  return {
    config: {
      stt: [{ kind: 'deepgram', keyEnv: 'LATENCY_KEY', url: stt.url }],
      llm: [{ kind: 'openai', keyEnv: 'LATENCY_KEY', url: `${llm.url}/v1`, model: 'scripted' }],
      tts: [{ kind: 'cartesia', keyEnv: 'LATENCY_KEY', url: tts.url, voice: 'scripted' }, { kind: 'flite' }],
    },
    env: { LATENCY_KEY: KEY },
    work,
    speaks: utterance => callers.speaks(utterance),
    close: async () => {
      await Promise.all([stt.close(), llm.close(), tts.close()]);
    },
  };
}

/** Lets one caller begin to speak at a time: the next may when the recogniser hears the first. */
class OneAtATime {
  #speaking: Utterance | undefined;
  readonly #waiting: (() => void)[] = [];

  async speaks(utterance: Utterance): Promise<void> {
    while (this.#speaking !== undefined) await new Promise<void>(resolve => this.#waiting.push(resolve));
    this.#speaking = utterance;
    // A caller whom nobody hears must not keep the others from speaking.
    setTimeout(() => this.#free(utterance), HEARD_WITHIN_MS).unref();
  }

  heard(): Utterance | undefined {
    const utterance = this.#speaking;
    if (utterance !== undefined) this.#free(utterance);
    return utterance;
  }

  #free(utterance: Utterance): void {
    if (this.#speaking !== utterance) return;
    this.#speaking = undefined;
    this.#waiting.shift()?.();
  }
}

/** The words of an utterance where they are in the sound that came, which begins before the first of them. */
function scripted(utterance: Utterance | undefined, head: Int16Array): readonly ScriptedWord[] {
  if (utterance === undefined) return [];
  const onset = head.findIndex(sample => Math.abs(sample) > AUDIBLE);
  const shiftMs = ((onset < 0 ? head.length : onset) * 1000) / RATE_HZ - (utterance.words[0]?.startMs ?? 0);
  return utterance.words.map(({ word, startMs, endMs }, index) => {
    const isMisheard = index === utterance.words.length - 1 && utterance.misheardAs !== undefined;
    return {
      word: word.toLowerCase(),
      startMs: Math.max(0, startMs + shiftMs),
      endMs: Math.max(0, endMs + shiftMs),
      confidence: 0.95,
      ...(isMisheard && { misheard: utterance.misheardAs }),
    };
  });
}

/** Of the line's pipeline. */
const RATE_HZ = 8000;

const OPENINGS = ['All right', 'Thank you', 'I see that', 'Of course', 'Certainly', 'Good to know'];
const REMAINDERS = ['I have it. What else?', 'noted. Go on?', 'so be it. And now?'];

/** An answer of two sentences in pieces of about a word. */
function tokensOf(answer: number): readonly string[] {
  const text = `${OPENINGS[answer % OPENINGS.length]}, ${REMAINDERS[answer % REMAINDERS.length]}`;
  return text.split(/(?= )/u);
}

function spoken(text: string, rateHz: number): ReturnType<typeof toneSpeech> {
  const { pcm, words } = toneSpeech(text, rateHz);
  const first = words[0]?.startMs ?? 0;
  const cutMs = Math.max(0, first - LEAD_MS);
  return {
    pcm: pcm.subarray(Math.round((cutMs * rateHz) / 1000)),
    words: words.map(({ word, startMs, endMs }) => ({
      word,
      startMs: startMs - cutMs,
      endMs: endMs - cutMs,
    })),
  };
}
