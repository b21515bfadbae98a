import type { WebSocket } from 'ws';
import { jsonOf, type SpeechHost, startSpeechHost } from './speech_host.ts';
import { type SpeechServer, sendSpeech } from './speech_script.ts';

const RATES: ReadonlySet<unknown> = new Set([8_000, 16_000, 24_000, 32_000, 44_100, 48_000]);
const FLUSHES_PER_MINUTE = 20;
const MOST_CHARACTERS = 2_000;
/** From Clear to Cleared. */
const CLEAR_MS = 30;

/** Deepgram's Aura (https://developers.deepgram.com/docs/streaming-text-to-speech): one text buffer on a connection. */
export async function startDeepgramSpeak({ apiKey }: { readonly apiKey: string }): Promise<SpeechServer> {
  const host = await startSpeechHost({
    judge: (request, url) => {
      if (url.pathname !== '/v1/speak') return 404;
      if (request.headers.authorization !== `Token ${apiKey}`) return 401;
      const { searchParams } = url;
      const isRight =
        searchParams.get('model')?.startsWith('aura-') === true &&
        searchParams.get('encoding') === 'linear16' &&
        RATES.has(Number(searchParams.get('sample_rate')));
      return isRight ? undefined : 400;
    },
    onSocket: serve,
  });
  return { ...host, url: `ws://${host.url}` };
}

function serve(host: SpeechHost, socket: WebSocket, url: URL): void {
  const rateHz = Number(url.searchParams.get('sample_rate'));
  const flushes: number[] = [];
  let buffered = '';
  let sequence = 0;
  let isClearing = false;
  let speaking: { readonly text: string; readonly control: AbortController } | undefined;
  const answer = (message: unknown) => socket.send(JSON.stringify(message), () => {});
  const warn = (description: string, code: string) => {
    host.record.violations.push(description);
    answer({ type: 'Warning', description, code });
  };
  const flush = async () => {
    const text = buffered;
    buffered = '';
    const control = new AbortController();
    speaking = { text, control };
    host.record.texts.push(text);
    const outcome = await sendSpeech(host, text, rateHz, {
      signal: AbortSignal.any([control.signal, host.closing]),
      send: ({ bytes }) => socket.send(bytes, () => {}),
    });
    if (speaking?.control === control) speaking = undefined;
    if (outcome === 'done') answer({ type: 'Flushed', sequence_id: sequence++ });
    else if (outcome === 'drop') socket.terminate();
    else if (outcome === 'garbage') socket.send('[not a message');
  };

  answer({ type: 'Metadata', request_id: 'c3d4', model_name: url.searchParams.get('model') });
  socket.on('error', () => {});
  socket.on('close', () => speaking?.control.abort());
  socket.on('message', data => {
    const message = jsonOf(data);
    if (message?.type === 'Speak' && typeof message.text === 'string') {
      if (speaking !== undefined || isClearing) host.record.violations.push('text while another is spoken');
      if (message.text.length > MOST_CHARACTERS) warn('text too long', 'DATA-0001');
      else buffered += message.text;
    } else if (message?.type === 'Flush') {
      const now = performance.now();
      flushes.push(now);
      if (flushes.filter(at => at > now - 60_000).length > FLUSHES_PER_MINUTE) {
        warn('too many flushes', 'EXCESSIVE_FLUSH_LIMIT');
      } else void flush();
    } else if (message?.type === 'Clear') {
      buffered = '';
      if (speaking !== undefined) host.record.cancelled.push(speaking.text);
      speaking?.control.abort();
      isClearing = true;
      setTimeout(() => {
        isClearing = false;
        // Sound that was on its way comes before the word that it is over.
        socket.send(Buffer.alloc(640, 0x55), () => {});
        answer({ type: 'Cleared', sequence_id: sequence++ });
      }, CLEAR_MS);
    } else if (message?.type === 'Close') socket.close(1000);
    else warn('unknown message', 'DATA-0000');
  });
}
