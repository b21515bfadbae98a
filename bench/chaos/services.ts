import { configSchema } from '../../src/config/schema.ts';
import type { FailoverObserver } from '../../src/providers/failover/attempt.ts';
import type { Clock } from '../../src/providers/failover/timing.ts';
import { openProviders, type Providers } from '../../src/providers/registry.ts';
import { serveAnthropicMessages } from '../../test/providers/servers/anthropic_messages.ts';
import { AssemblyAiStreamingServer } from '../../test/providers/servers/assemblyai_streaming.ts';
import { startCartesia } from '../../test/providers/servers/cartesia.ts';
import { DeepgramListenServer } from '../../test/providers/servers/deepgram_listen.ts';
import { startElevenLabs } from '../../test/providers/servers/elevenlabs.ts';
import type { ModelAnswer } from '../../test/providers/servers/model_script.ts';
import type { ModelRequest } from '../../test/providers/servers/model_server.ts';
import { serveOpenAiChat } from '../../test/providers/servers/openai_chat.ts';
import { logNormalMs, scriptedWords } from '../../test/providers/servers/scripted_words.ts';
import { SeededRandom } from '../caller/random.ts';
import { FaultLine } from './fault_line.ts';
import type { Kind } from './plan.ts';
import { exchangeOf, UTTERANCES } from './script.ts';

/** Medians, log-normal. */
const DELAYS_MS = { final: 40, firstToken: 200, firstSound: 150 } as const;
const SIGMA = 0.3;
const BETWEEN_TOKENS_MS = 15;
/** Sound of a chunk, and time between two of them: synthesisers are three times as fast as speech. */
const CHUNK_MS = 100;
const PACE_MS = 33;
export const MS_PER_WORD = 200;
const KEY = 'made-up';

export interface Services {
  readonly providers: Providers;
  /** The ways to the providers of a kind, in their order. */
  readonly lines: Readonly<Record<Kind, readonly [first: FaultLine, second: FaultLine]>>;
  /** Prompts before the call are spoken without the pace of speech. */
  paceSpeech(): void;
  /** What no client may send, by the servers' own judgement. */
  readonly violations: () => readonly string[];
  close(): Promise<void>;
}

/** Scripted servers of two providers of each kind behind lines that can fail; `beforeOpening` may strike them. */
export async function openServices(
  run: number,
  place: { readonly clock: Clock; readonly observer: FailoverObserver },
  beforeOpening: (lines: Services['lines']) => void,
): Promise<Services> {
  const random = new SeededRandom(run, 'servers');
  const log = (medianMs: number) => logNormalMs(medianMs, SIGMA, () => random.next());
  const recognisers = [new DeepgramListenServer(KEY), new AssemblyAiStreamingServer(KEY)] as const;
  for (const server of recognisers) {
    await server.start();
    server.finalDelayMs = log(DELAYS_MS.final);
    server.script = ({ head }) => wordsOf(head);
  }
  const pace = { firstMs: log(DELAYS_MS.firstToken), betweenMs: () => BETWEEN_TOKENS_MS };
  const model = { key: KEY, ...pace, answer: (request: ModelRequest) => modelAnswer(request, random) };
  const models = [await serveOpenAiChat(model), await serveAnthropicMessages(model)] as const;
  const voices = [await startCartesia({ apiKey: KEY }), await startElevenLabs({ apiKey: KEY })] as const;
  let paceMs = 1;
  for (const { script } of voices) {
    const firstSoundMs = log(DELAYS_MS.firstSound);
    script.firstByteMs = () => (paceMs === PACE_MS ? firstSoundMs() : paceMs);
    script.paceMs = () => paceMs;
    script.chunkMs = CHUNK_MS;
  }
  const carry = async (url: string, carrier: 'webSocket' | 'events') => {
    const { port } = new URL(url.includes('://') ? url : `ws://${url}`);
    return FaultLine.open({ port: Number(port), carrier, random: new SeededRandom(run, `noise of ${port}`) });
  };
  const pair = async (
    [one, other]: readonly [{ url: string }, { url: string }],
    carrier: 'webSocket' | 'events',
  ) => [await carry(one.url, carrier), await carry(other.url, carrier)] as const;
  const lines = {
    stt: await pair(recognisers, 'webSocket'),
    llm: await pair(models, 'events'),
    tts: await pair(voices, 'webSocket'),
  };
  beforeOpening(lines);
  const providers = await openProviders(configSchema.parse({ providers: configured(lines) }), {
    ...place,
    folder: '/',
    env: {
      DEEPGRAM_API_KEY: KEY,
      ASSEMBLYAI_API_KEY: KEY,
      OPENAI_API_KEY: KEY,
      ANTHROPIC_API_KEY: KEY,
      CARTESIA_API_KEY: KEY,
      ELEVENLABS_API_KEY: KEY,
    },
    onUse: () => undefined,
  });
  return {
    providers,
    lines,
    paceSpeech: () => {
      paceMs = PACE_MS;
    },
    violations: () => voices.flatMap(({ record }) => record.violations),
    async close() {
      const all = [...recognisers, ...models, ...voices, ...Object.values(lines).flat()];
      await Promise.allSettled(all.map(one => one.close()));
    },
  };
}

function configured({ stt, llm, tts }: Services['lines']): unknown {
  const at = (scheme: string, { port }: FaultLine, path = '') => `${scheme}://127.0.0.1:${port}${path}`;
  return {
    stt: [
      { kind: 'deepgram', url: at('ws', stt[0], '/v1/listen') },
      { kind: 'assemblyai', url: at('ws', stt[1], '/v3/ws') },
    ],
    llm: [
      { kind: 'openai', model: 'gpt-4.1-mini', url: at('http', llm[0], '/v1') },
      { kind: 'anthropic', model: 'claude-haiku', url: at('http', llm[1], '/v1') },
    ],
    tts: [
      { kind: 'cartesia', voice: 'one', url: at('ws', tts[0]) },
      { kind: 'elevenlabs', voice: 'two', url: at('ws', tts[1]) },
      { kind: 'flite' },
    ],
  };
}

/** The number of an utterance is the value of its samples. */
function wordsOf(head: Int16Array) {
  const value = head.find(sample => sample !== 0) ?? 0;
  return scriptedWords(UTTERANCES[Math.round(value / 100) - 1] ?? '', { msPerWord: MS_PER_WORD });
}

/** The script's answer, or what is left of it where another model was cut off; some say a word or two of that again. */
function modelAnswer({ body }: ModelRequest, random: SeededRandom): ModelAnswer {
  const { messages } = body as { readonly messages: readonly { role: string; content: unknown }[] };
  const spoken = messages
    .filter(({ role }) => role === 'user' || role === 'assistant')
    .map(({ role, content }) => ({ role, text: textOf(content) }));
  const isCutOff = spoken.at(-1)?.text.includes('cut off by a technical fault') === true;
  const asked = spoken.findLast(({ text }) => exchangeOf(text) !== undefined)?.text ?? '';
  const exchange = exchangeOf(asked);
  const answer = exchange?.answer ?? 'Nobody told me that.';
  const said = isCutOff ? spoken.findLast(({ role }) => role === 'assistant')!.text.trim() : '';
  const again = isCutOff && random.chance(0.5) ? said.split(' ').slice(-2).join(' ') : '';
  const rest = `${again}${answer.startsWith(said) ? answer.slice(said.length) : answer}`.trim();
  const tokens = rest.split(/(?<= )/u).map(say => ({ say }));
  if (exchange?.way === undefined) return { steps: tokens };
  const call = { id: 'call_1', name: 'go_on', fragments: [`{"way":"${exchange.way}"}`] };
  return { steps: [...tokens, { call: [call] }] };
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content)
    ? content.map(block => String((block as { text?: unknown }).text ?? '')).join('')
    : '';
}
