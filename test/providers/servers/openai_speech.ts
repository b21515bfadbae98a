import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, type SpeechHost, startSpeechHost } from './speech_host.ts';
import { type SpeechServer, sendSpeech } from './speech_script.ts';

const SOUND_HZ = 24_000;

/** OpenAI's /audio/speech (https://developers.openai.com/api/reference/resources/audio/subresources/speech): raw PCM, streamed. */
export async function startOpenAiSpeech({ apiKey }: { readonly apiKey: string }): Promise<SpeechServer> {
  const host = await startSpeechHost({
    judge: (request, url) => {
      if (url.pathname !== '/v1/audio/speech') return 404;
      return request.headers.authorization === `Bearer ${apiKey}` ? undefined : 401;
    },
    onRequest: (on, request, response) => void serve(on, request, response),
  });
  return { ...host, url: `http://${host.url}/v1` };
}

async function serve(host: SpeechHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request).catch(() => undefined);
  const wrong = violationOf(request, body);
  if (wrong !== undefined) {
    host.record.violations.push(wrong);
    response
      .writeHead(400, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ error: { param: wrong } }));
    return;
  }
  const text = String(body!.input);
  host.record.texts.push(text);
  const control = new AbortController();
  response.on('close', () => {
    if (response.writableEnded) return;
    if (!control.signal.aborted) host.record.cancelled.push(text);
    control.abort();
  });
  const { announceHz } = host.script;
  const type = announceHz === undefined ? 'audio/pcm' : `audio/pcm;rate=${announceHz}`;
  if (host.script.fault(text)?.kind === 'garbage') {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Sign in to this network</html>');
    return;
  }
  const outcome = await sendSpeech(host, text, announceHz ?? SOUND_HZ, {
    signal: AbortSignal.any([control.signal, host.closing]),
    send: ({ bytes }) => {
      if (!response.headersSent) response.writeHead(200, { 'Content-Type': type });
      response.write(bytes);
    },
  });
  if (outcome === 'done') response.end();
  else if (outcome === 'drop') {
    // A server that breaks down was not told to.
    control.abort();
    response.destroy();
  }
}

function violationOf(
  request: IncomingMessage,
  body: Readonly<Record<string, unknown>> | undefined,
): string | undefined {
  if (request.method !== 'POST') return 'method';
  if (request.headers['content-type'] !== 'application/json') return 'content-type';
  if (typeof body?.model !== 'string') return 'model';
  if (typeof body.voice !== 'string') return 'voice';
  if (typeof body.input !== 'string' || body.input === '' || body.input.length > 4_096) return 'input';
  return body.response_format === 'pcm' ? undefined : 'response_format';
}
