import type { SpokenWord } from '../../src/providers/types.ts';
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

const AUDIO_PACE_MS = 20;
/** Speech of a real voice begins so soon after its first byte. */
const LEAD_MS = 20;

/** One piece of a provider's work, on this process's monotonic clock. */
export interface Busy {
  readonly kind: 'stt' | 'llm' | 'tts';
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a recogniser is sent: utterances, each with what came a moment before it, or all that the line brings. */
export type Listening = 'utterances' | 'line';

/** Scripted providers on the loopback, whose delays are known to the millisecond. */
export interface Services {
  /** For the node that uses them. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  /** As their users name them: ws://…/v1/listen, http://…/v1, ws://… */
  readonly urls: { readonly stt: string; readonly llm: string; readonly tts: string };
  readonly key: string;
  /** All work so far, in the order of its end. */
  readonly work: readonly Busy[];
  /** Resolves when the caller may say this, with what is to be called a moment after its end: it must be known whose words are heard. */
  speaks(utterance: Utterance): Promise<() => void>;
  close(): Promise<void>;
}

export async function startServices(
  delays: Delays,
  seed: number,
  heard: Listening = 'utterances',
): Promise<Services> {
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
  if (heard === 'line') stt.silencePeak = LINE_SILENCE_PEAK;
  const place = heard === 'line' ? placedBySound : placedByTime;
  stt.script = ({ head }) => scripted(callers.speaking, head, place);
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
  const urls = { stt: stt.url, llm: `${llm.url}/v1`, tts: tts.url };
  return {
    config: {
      stt: [{ kind: 'deepgram', keyEnv: 'LATENCY_KEY', url: urls.stt }],
      llm: [{ kind: 'openai', keyEnv: 'LATENCY_KEY', url: urls.llm, model: 'scripted' }],
      tts: [{ kind: 'cartesia', keyEnv: 'LATENCY_KEY', url: urls.tts, voice: 'scripted' }, { kind: 'flite' }],
    },
    env: { LATENCY_KEY: KEY },
    urls,
    key: KEY,
    work,
    speaks: utterance => callers.begin(utterance),
    close: async () => {
      await Promise.all([stt.close(), llm.close(), tts.close()]);
    },
  };
}

/** Lets one caller speak at a time. */
class OneAtATime {
  #speaking: Speaking | undefined;
  readonly #waiting: (() => void)[] = [];

  get speaking(): Speaking | undefined {
    return this.#speaking;
  }

  async begin(utterance: Utterance): Promise<() => void> {
    while (this.#speaking !== undefined) await new Promise<void>(resolve => this.#waiting.push(resolve));
    const speaking = { utterance, fromMs: performance.now() };
    this.#speaking = speaking;
    return () => {
      if (this.#speaking !== speaking) return;
      this.#speaking = undefined;
      this.#waiting.shift()?.();
    };
  }
}

interface Speaking {
  readonly utterance: Utterance;
  readonly fromMs: number;
}

/** The words of an utterance where they lie in the sound that begins with `head`. */
function scripted(
  speaking: Speaking | undefined,
  head: Int16Array,
  place: (speaking: Speaking, head: Int16Array) => number,
): readonly ScriptedWord[] {
  if (speaking === undefined) return [];
  const shiftMs = place(speaking, head);
  const { words: said, misheardAs } = speaking.utterance;
  const last = said.length - 1;
  const words = said.map((word, index) => placed(word, shiftMs, index === last ? misheardAs : undefined));
  return words.filter(({ startMs }) => startMs >= -TOLD_MS);
}

/**
 * Of sound that was on the way for a while. A recogniser that is told of the whole utterance anew gets it from its
 * beginning, with what came before.
 */
function placedByTime({ fromMs }: Speaking, head: Int16Array): number {
  const headMs = (head.length * 1000) / RATE_HZ;
  const sinceMs = performance.now() - fromMs;
  const isAnew = headMs > LONG_HEAD_MS && sinceMs > ANEW_AFTER_MS;
  return isAnew ? LEAD_IN_MS : headMs + ON_THE_WAY_MS - sinceMs;
}

/** Of a whole line: where the utterance's own first sound is; by the time where it began before the line was heard. */
function placedBySound({ utterance, fromMs }: Speaking, head: Int16Array): number {
  const headMs = (head.length * 1000) / LINE_RATE_HZ;
  const byTimeMs = headMs + LINE_ON_THE_WAY_MS - (performance.now() - fromMs);
  const bySoundMs = firstSoundMs(head, LINE_RATE_HZ) - firstSoundMs(utterance.pcm, RATE_HZ);
  return Math.abs(bySoundMs - byTimeMs) < MOST_APART_MS ? bySoundMs : byTimeMs;
}

function firstSoundMs(pcm: Int16Array, rateHz: number): number {
  const at = pcm.findIndex(sample => Math.abs(sample) > LINE_SILENCE_PEAK);
  return (Math.max(0, at) * 1000) / rateHz;
}

function placed(
  { word, startMs, endMs }: SpokenWord,
  shiftMs: number,
  misheard: string | undefined,
): ScriptedWord {
  const at = { startMs: startMs + shiftMs, endMs: endMs + shiftMs, confidence: 0.95 };
  return { word: word.toLowerCase(), ...at, ...(misheard !== undefined && { misheard }) };
}

/** From the caller's microphone to the recogniser: packet, jitter buffer, pipeline. */
const ON_THE_WAY_MS = 60;
/** Sound before the onset that a recogniser is given. */
const LEAD_IN_MS = 500;
const LONG_HEAD_MS = 400;
const ANEW_AFTER_MS = 1200;
/** A word that began so long before a segment was told with the one before. */
const TOLD_MS = 60;
/** Of the line's pipeline, and of the caller's voice. */
const RATE_HZ = 8000;
/** Of what LiveKit's plugin sends. */
const LINE_RATE_HZ = 16_000;
/** About −40 dBFS: above the line's noise, below speech. */
const LINE_SILENCE_PEAK = 320;
/** SIP and a room, each with a jitter buffer, and pieces of 100 ms. */
const LINE_ON_THE_WAY_MS = 250;
const MOST_APART_MS = 1200;

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
