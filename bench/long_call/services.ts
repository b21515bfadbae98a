import { modelTokens } from '../../src/workflow/model_tokens.ts';
import { startCartesia } from '../../test/providers/servers/cartesia.ts';
import { DeepgramListenServer } from '../../test/providers/servers/deepgram_listen.ts';
import type { ModelAnswer } from '../../test/providers/servers/model_script.ts';
import type { ModelRequest } from '../../test/providers/servers/model_server.ts';
import { type ChatRequest, serveOpenAiChat } from '../../test/providers/servers/openai_chat.ts';
import { scriptedWords } from '../../test/providers/servers/scripted_words.ts';
import { UTTERANCES } from './script.ts';

export const KEY = 'made-up';
export const MS_PER_WORD = 200;
const ANSWERS = ['That is good to hear, please go on.', 'I see, and how was that for you?', 'Oh, how nice.'];
/** What the scripted summariser takes for worth keeping: what is somebody's, and is told in so many words. */
const FACT = /\bmy (?:order number|daughter|new floor) is \w+/giu;

/** Where the servers are, and what the model has seen so far. */
export interface Services {
  readonly urls: { readonly stt: string; readonly llm: string; readonly tts: string };
  seen(): Seen;
  close(): Promise<void>;
}

export interface Seen {
  /** Tokens of all messages of each request for an answer, by the estimate that the budget goes by. */
  readonly requestTokens: readonly number[];
  readonly summaries: number;
  readonly violations: readonly string[];
}

/** Scripted servers of one provider of each kind, as fast as they can be. */
export async function startServices(): Promise<Services> {
  const requestTokens: number[] = [];
  let summaries = 0;
  const stt = await new DeepgramListenServer(KEY).start();
  stt.finalDelayMs = () => 0;
  stt.script = ({ head }) => {
    const value = head.find(sample => sample !== 0) ?? 0;
    return scriptedWords(UTTERANCES[Math.round(value / 100) - 1] ?? '', { msPerWord: MS_PER_WORD });
  };
  const llm = await serveOpenAiChat({
    key: KEY,
    answer: ({ body }: ModelRequest) => {
      const contents = (body as ChatRequest).messages.map(({ content }) => String(content ?? ''));
      const record = recordIn(contents.at(-1) ?? '');
      if (record !== undefined) {
        summaries += 1;
        return saying(notesOf(record));
      }
      requestTokens.push(contents.reduce((sum, text) => sum + modelTokens(text), 0));
      return saying(answerTo(contents));
    },
  });
  const tts = await startCartesia({ apiKey: KEY });
  tts.script.chunkMs = 500;
  return {
    urls: { stt: stt.url, llm: `${llm.url}/v1`, tts: tts.url },
    seen: () => ({ requestTokens, summaries, violations: tts.record.violations }),
    async close() {
      await Promise.allSettled([stt.close(), llm.close(), tts.close()]);
    },
  };
}

/** Knows what the request told it, and nothing else. */
function answerTo(contents: readonly string[]): string {
  const asked = /^(?:what|who) is (my .+)$/u.exec(contents.at(-1) ?? '')?.[1];
  if (asked === undefined) return ANSWERS[contents.length % ANSWERS.length]!;
  const known = contents
    .slice(0, -1)
    .join('\n')
    .match(new RegExp(`${asked} is (\\w+)`, 'iu'));
  return known === null ? 'Nobody has told me that.' : `You said that it is ${known[1]}.`;
}

/** A request for notes is JSON of what was noted so far, and what was said since. */
function recordIn(text: string): readonly string[] | undefined {
  if (!text.startsWith('{"notes":')) return undefined;
  const { notes, said } = JSON.parse(text) as { notes: string; said: { by: string; text: string }[] };
  return [notes, ...said.filter(({ by }) => by === 'caller').map(turn => turn.text)];
}

function notesOf(record: readonly string[]): string {
  const facts = new Set(record.flatMap(text => text.match(FACT) ?? []));
  const told = [...facts].map(fact => `The caller said: ${fact}.`);
  return ['The caller talked about life in general.', ...told].join(' ');
}

function saying(text: string): ModelAnswer {
  return { steps: text.split(/(?<= )/u).map(say => ({ say })) };
}
