import type { WebSocket } from 'ws';
import { jsonOf, type SpeechHost, startSpeechHost } from './speech_host.ts';
import { type SpeechServer, sendSpeech, type ToneWord } from './speech_script.ts';

const RATES: ReadonlySet<unknown> = new Set([8_000, 16_000, 22_050, 24_000, 44_100, 48_000]);

/** Cartesia's WebSocket (https://docs.cartesia.ai/api-reference/tts/websocket): contexts side by side on one connection. */
export async function startCartesia({ apiKey }: { readonly apiKey: string }): Promise<SpeechServer> {
  const host = await startSpeechHost({
    judge: (request, url) => {
      if (url.pathname !== '/tts/websocket') return 404;
      const version = request.headers['cartesia-version'] ?? url.searchParams.get('cartesia_version');
      if (!/^\d{4}-\d{2}-\d{2}$/u.test(String(version))) return 400;
      const isRight =
        request.headers.authorization === `Bearer ${apiKey}` || request.headers['x-api-key'] === apiKey;
      return isRight ? undefined : 401;
    },
    onSocket: serve,
  });
  return { ...host, url: `ws://${host.url}` };
}

/** Inputs that are spoken one behind the other, in one voice and on one clock. */
interface Context {
  readonly text: string;
  readonly control: AbortController;
  /** Nothing more is to come. */
  isWhole: boolean;
  /** Sound sent so far. */
  spokenMs: number;
  /** What was asked for so far is spoken, or it was broken off. */
  last: Promise<Outcome>;
}

function newContext(text: string): Context {
  const last = Promise.resolve<Outcome>('done');
  return { text, control: new AbortController(), isWhole: false, spokenMs: 0, last };
}

type Outcome = Awaited<ReturnType<typeof sendSpeech>>;

function serve(host: SpeechHost, socket: WebSocket): void {
  const contexts = new Map<string, Context>();
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { control } of contexts.values()) control.abort();
  });
  socket.on('message', data => {
    const message = jsonOf(data);
    const id = String(message?.context_id ?? '');
    const known = contexts.get(id);
    if (message?.cancel === true) {
      if (known !== undefined) host.record.cancelled.push(known.text);
      known?.control.abort();
      return;
    }
    const begun = known?.isWhole === false && !known.control.signal.aborted ? known : undefined;
    const wrong = message === undefined ? 'no JSON' : violationOf(message, begun !== undefined);
    if (wrong !== undefined) {
      host.record.violations.push(wrong);
      answer(socket, { type: 'error', done: true, error: wrong, status_code: 400, context_id: id });
      return;
    }
    const text = String(message!.transcript);
    const context = begun ?? newContext(text);
    context.isWhole = message!.continue !== true;
    contexts.set(id, context);
    void take(host, socket, { id, context, message: message! }).finally(() => {
      if (message!.continue !== true && contexts.get(id) === context) contexts.delete(id);
    });
  });
}

/**
 * One input of a context: "continue" says that more will come, and an empty one that nothing does
 * (https://docs.cartesia.ai/api-reference/tts/working-with-web-sockets/contexts).
 */
async function take(
  host: SpeechHost,
  socket: WebSocket,
  input: { id: string; context: Context; message: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { id, context, message } = input;
  const { sample_rate: rateHz } = message.output_format as { sample_rate: number };
  const text = String(message.transcript);
  const before = context.last;
  if (text.trim() !== '') {
    host.record.texts.push(text);
    context.last = before.then(outcome =>
      outcome === 'done' ? speak(host, socket, { id, context, text, rateHz }) : outcome,
    );
  }
  const outcome = await context.last;
  if (outcome === 'done' && message.continue !== true) {
    answer(socket, { type: 'done', done: true, status_code: 206, context_id: id });
  }
}

async function speak(
  host: SpeechHost,
  socket: WebSocket,
  { id, context, text, rateHz }: { id: string; context: Context; text: string; rateHz: number },
): Promise<Outcome> {
  const common = { status_code: 206, context_id: id };
  const offsetMs = context.spokenMs;
  const outcome = await sendSpeech(host, text, rateHz, {
    signal: AbortSignal.any([context.control.signal, host.closing]),
    send: ({ bytes, words }) => {
      context.spokenMs += (bytes.length * 500) / rateHz;
      answer(socket, { type: 'chunk', data: bytes.toString('base64'), done: false, step_time: 5, ...common });
      if (words.length > 0) {
        const word_timestamps = timesOf(words, offsetMs);
        answer(socket, { type: 'timestamps', done: false, word_timestamps, ...common });
      }
    },
  });
  if (outcome === 'drop') socket.terminate();
  else if (outcome === 'garbage') socket.send('\u0000{"type":"chu');
  return outcome;
}

function timesOf(words: readonly ToneWord[], offsetMs: number): unknown {
  return {
    words: words.map(({ word }) => word),
    start: words.map(({ startMs }) => (offsetMs + startMs) / 1_000),
    end: words.map(({ endMs }) => (offsetMs + endMs) / 1_000),
  };
}

function violationOf(message: Readonly<Record<string, unknown>>, hasBegun: boolean): string | undefined {
  const { voice, output_format: format } = message as Record<string, Record<string, unknown> | undefined>;
  if (typeof message.model_id !== 'string') return 'model_id';
  if (typeof message.transcript !== 'string') return 'transcript';
  const ends = hasBegun && message.continue !== true;
  if (message.transcript.trim() === '' && !ends) return 'transcript';
  if (typeof message.context_id !== 'string' || message.context_id === '') return 'context_id';
  if (voice?.mode !== 'id' || typeof voice.id !== 'string') return 'voice';
  if (format?.container !== 'raw' || format.encoding !== 'pcm_s16le') return 'output_format';
  return RATES.has(format.sample_rate) ? undefined : 'sample_rate';
}

function answer(socket: WebSocket, message: unknown): void {
  socket.send(JSON.stringify(message), () => {});
}
