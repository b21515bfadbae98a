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

function serve(host: SpeechHost, socket: WebSocket): void {
  const contexts = new Map<string, { readonly text: string; readonly control: AbortController }>();
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { control } of contexts.values()) control.abort();
  });
  socket.on('message', data => {
    const message = jsonOf(data);
    const id = String(message?.context_id ?? '');
    if (message?.cancel === true) {
      const context = contexts.get(id);
      if (context !== undefined) host.record.cancelled.push(context.text);
      context?.control.abort();
      return;
    }
    const wrong = message === undefined ? 'no JSON' : violationOf(message);
    if (wrong !== undefined) {
      host.record.violations.push(wrong);
      answer(socket, { type: 'error', done: true, error: wrong, status_code: 400, context_id: id });
      return;
    }
    const { sample_rate: rateHz } = message!.output_format as { sample_rate: number };
    const text = String(message!.transcript);
    const control = new AbortController();
    contexts.set(id, { text, control });
    host.record.texts.push(text);
    void speak(host, socket, { id, text, rateHz, signal: control.signal }).finally(() => contexts.delete(id));
  });
}

async function speak(
  host: SpeechHost,
  socket: WebSocket,
  { id, text, rateHz, signal }: { id: string; text: string; rateHz: number; signal: AbortSignal },
): Promise<void> {
  const common = { status_code: 206, context_id: id };
  const outcome = await sendSpeech(host, text, rateHz, {
    signal: AbortSignal.any([signal, host.closing]),
    send: ({ bytes, words }) => {
      answer(socket, { type: 'chunk', data: bytes.toString('base64'), done: false, step_time: 5, ...common });
      if (words.length > 0) {
        answer(socket, { type: 'timestamps', done: false, word_timestamps: timesOf(words), ...common });
      }
    },
  });
  if (outcome === 'done') answer(socket, { type: 'done', done: true, ...common });
  else if (outcome === 'drop') socket.terminate();
  else if (outcome === 'garbage') socket.send('\u0000{"type":"chu');
}

function timesOf(words: readonly ToneWord[]): unknown {
  return {
    words: words.map(({ word }) => word),
    start: words.map(({ startMs }) => startMs / 1_000),
    end: words.map(({ endMs }) => endMs / 1_000),
  };
}

function violationOf(message: Readonly<Record<string, unknown>>): string | undefined {
  const { voice, output_format: format } = message as Record<string, Record<string, unknown> | undefined>;
  if (typeof message.model_id !== 'string') return 'model_id';
  if (typeof message.transcript !== 'string' || message.transcript.trim() === '') return 'transcript';
  if (typeof message.context_id !== 'string' || message.context_id === '') return 'context_id';
  if (voice?.mode !== 'id' || typeof voice.id !== 'string') return 'voice';
  if (format?.container !== 'raw' || format.encoding !== 'pcm_s16le') return 'output_format';
  return RATES.has(format.sample_rate) ? undefined : 'sample_rate';
}

function answer(socket: WebSocket, message: unknown): void {
  socket.send(JSON.stringify(message), () => {});
}
