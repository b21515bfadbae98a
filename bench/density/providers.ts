import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startCartesia } from '../../test/providers/servers/cartesia.ts';
import { DeepgramListenServer } from '../../test/providers/servers/deepgram_listen.ts';
import { serveOpenAiChat } from '../../test/providers/servers/openai_chat.ts';
import { logNormalMs, scriptedWords } from '../../test/providers/servers/scripted_words.ts';
import { type ToneSpeech, toneSpeech } from '../../test/providers/servers/speech_script.ts';

const FILE = fileURLToPath(import.meta.url);
const KEY = 'density-bench';
const SIGMA = 0.25;
const DELAYS = { finalMs: 40, firstTokenMs: 200, firstByteMs: 150 } as const;
const TOKEN_MS = 15;
/** Sound comes five times as fast as it is heard, as from the service. */
const AUDIO_PACE_MS = 20;
const LINE_SILENCE_PEAK = 320;
const HEARD = 'could you tell me more about that please';
const ANSWERS = [
  'All right, that is noted. We come with two movers and a truck. What else?',
  'Of course. The price depends on the stairs and the distance. Is there an elevator?',
  'Certainly, we have a free day next week. Would the morning suit you?',
] as const;

/** Scripted providers as the chains of both sides name them. */
export interface Providers {
  readonly urls: { readonly stt: string; readonly llm: string; readonly tts: string };
  readonly key: string;
  readonly pid: number;
  stop(): void;
}

/** In a process of their own: what they do is neither the callers' nor the node's. */
export async function startProviders(heard: 'utterances' | 'line'): Promise<Providers> {
  const child = fork(FILE, ['serve', heard], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [urls] = (await once(child, 'message')) as [Providers['urls']];
  return { urls, key: KEY, pid: child.pid!, stop: () => void child.kill() };
}

/** For a node that uses them. */
export function nodeProviders({ urls, key }: Providers): {
  readonly config: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
} {
  return {
    config: {
      stt: [{ kind: 'deepgram', keyEnv: 'DENSITY_KEY', url: urls.stt }],
      llm: [{ kind: 'openai', keyEnv: 'DENSITY_KEY', url: urls.llm, model: 'scripted' }],
      tts: [{ kind: 'cartesia', keyEnv: 'DENSITY_KEY', url: urls.tts, voice: 'scripted' }, { kind: 'flite' }],
    },
    env: { DENSITY_KEY: key },
  };
}

async function serve(heard: string): Promise<void> {
  const stt = await new DeepgramListenServer(KEY).start();
  if (heard === 'line') stt.silencePeak = LINE_SILENCE_PEAK;
  const words = scriptedWords(HEARD, { confidence: 0.95 });
  stt.script = () => words;
  stt.finalDelayMs = logNormalMs(DELAYS.finalMs, SIGMA);
  stt.partialDelayMs = logNormalMs(DELAYS.finalMs, SIGMA);
  let answers = 0;
  const llm = await serveOpenAiChat({
    key: KEY,
    firstMs: logNormalMs(DELAYS.firstTokenMs, SIGMA),
    betweenMs: () => TOKEN_MS,
    answer: () => {
      const steps = ANSWERS[answers++ % ANSWERS.length]!.split(/(?= )/u).map(say => ({ say }));
      return { steps };
    },
  });
  const tts = await startCartesia({ apiKey: KEY });
  tts.script.audio = onceMade();
  tts.script.firstByteMs = logNormalMs(DELAYS.firstByteMs, SIGMA);
  tts.script.paceMs = () => AUDIO_PACE_MS;
  process.on('disconnect', () => process.exit());
  process.send?.({ stt: stt.url, llm: `${llm.url}/v1`, tts: tts.url });
}

/** The same few sentences come again and again. */
function onceMade(): (text: string, rateHz: number) => ToneSpeech {
  const made = new Map<string, ToneSpeech>();
  return (text, rateHz) => {
    const key = `${rateHz} ${text}`;
    const speech = made.get(key) ?? toneSpeech(text, rateHz);
    made.set(key, speech);
    return speech;
  };
}

if (process.argv[1] === FILE && process.argv[2] === 'serve') await serve(process.argv[3] ?? '');
