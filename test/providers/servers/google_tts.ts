import type { IncomingMessage, ServerResponse } from 'node:http';
import { isGoodToken } from './google_account.ts';
import { bodyOf, type SpeechHost, startSpeechHost } from './speech_host.ts';
import { type SpeechServer, sendSpeech } from './speech_script.ts';

/** Google's text:synthesize (https://cloud.google.com/text-to-speech/docs/reference/rest/v1/text/synthesize): a WAV in JSON. */
export async function startGoogleTts({
  apiKey,
  publicKey,
}: {
  readonly apiKey: string;
  /** Of a service account. */
  readonly publicKey?: string;
}): Promise<SpeechServer> {
  const host = await startSpeechHost({
    judge: (request, url) => {
      if (url.pathname !== '/v1/text:synthesize') return 404;
      const { 'x-goog-api-key': key, authorization } = request.headers;
      const token = /^Bearer (.+)$/u.exec(String(authorization))?.[1] ?? '';
      const isAccount = publicKey !== undefined && isGoodToken(token, publicKey);
      return key === apiKey || isAccount ? undefined : 401;
    },
    onRequest: (on, request, response) => void serve(on, request, response),
  });
  return { ...host, url: `http://${host.url}` };
}

async function serve(host: SpeechHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request).catch(() => undefined);
  const { input, voice, audioConfig } = (body ?? {}) as Record<string, Record<string, unknown> | undefined>;
  const [text, askedHz] = [input?.text, audioConfig?.sampleRateHertz];
  const isRight =
    typeof text === 'string' &&
    text !== '' &&
    Buffer.byteLength(text) <= 5_000 &&
    typeof askedHz === 'number' &&
    audioConfig?.audioEncoding === 'LINEAR16' &&
    /^[a-z]{2,3}-[A-Z]{2}$/u.test(String(voice?.languageCode));
  if (!isRight) {
    host.record.violations.push('request');
    response.writeHead(400).end('{"error":{"status":"INVALID_ARGUMENT"}}');
    return;
  }
  host.record.texts.push(text);
  const control = new AbortController();
  response.on('close', () => {
    if (response.writableEnded) return;
    if (!control.signal.aborted) host.record.cancelled.push(text);
    control.abort();
  });
  const rateHz = host.script.announceHz ?? askedHz;
  const parts: Buffer[] = [];
  const outcome = await sendSpeech(host, text, rateHz, {
    signal: AbortSignal.any([control.signal, host.closing]),
    send: ({ bytes }) => parts.push(bytes),
  });
  const sound = Buffer.concat([wavHeader(rateHz, Buffer.concat(parts).length), ...parts]);
  const answer = JSON.stringify({ audioContent: sound.toString('base64') });
  const head = { 'Content-Type': 'application/json; charset=UTF-8', 'Content-Length': answer.length };
  if (outcome === 'done') response.writeHead(200, head).end(answer);
  else if (outcome === 'garbage') response.writeHead(200).end('{"audioContent": 7');
  else if (outcome === 'drop') {
    control.abort();
    response.writeHead(200, head).write(answer.slice(0, answer.length / 2), () => response.destroy());
  }
}

function wavHeader(rateHz: number, dataBytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rateHz, 24);
  header.writeUInt32LE(rateHz * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(dataBytes, 40);
  return header;
}
