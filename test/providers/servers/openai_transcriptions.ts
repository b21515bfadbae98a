import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/**
 * `POST /v1/audio/transcriptions` as OpenAI documents it
 * (https://developers.openai.com/api/reference/resources/audio/subresources/transcriptions/methods/create), with the segments of
 * Whisper in verbose_json; `GET /v1/models` beside it.
 */
export interface WrittenAnswer {
  readonly text: string;
  /** Natural logarithms of the tokens' probabilities, told if they were asked for. */
  readonly logprobs?: readonly number[];
  readonly segments?: readonly {
    readonly text: string;
    readonly start: number;
    readonly end: number;
    readonly avg_logprob: number;
    readonly no_speech_prob: number;
  }[];
}

export type TranscriptionsFault =
  | { readonly type: 'status'; readonly status: number; readonly retryAfterS?: number }
  | { readonly type: 'silent' | 'garbage' | 'notAnAnswer' | 'truncated' | 'killed' | 'long' | 'stalled' };

/** One request that was served. */
export interface HeardFile {
  readonly samples: Int16Array;
  readonly rateHz: number;
  /** All fields beside the file; those with [] may be there more than once. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

class Refusal extends Error {}

export class OpenAiTranscriptionsServer {
  /** Answers to successive requests; after the last one, empty ones. */
  readonly answers: WrittenAnswer[] = [];
  readonly heard: HeardFile[] = [];
  delayMs: () => number = () => 0;
  fault: TranscriptionsFault | undefined;
  /** Connections ever. */
  connections = 0;
  /** Kept connections are closed, unheard, on their next request. */
  dropsKept = false;
  readonly #apiKey: string | undefined;
  readonly #http = createServer((request, response) => void this.#serve(request, response));
  readonly #sockets = new Set<Socket>();
  readonly #used = new Set<Socket>();

  constructor(apiKey?: string) {
    this.#apiKey = apiKey;
    this.#http.on('connection', (socket: Socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/v1`;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  async start(): Promise<this> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    return this;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#http.close();
    await once(this.#http, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    if (this.dropsKept && this.#used.has(socket)) {
      socket.resetAndDestroy();
      return;
    }
    this.#used.add(socket);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return;
    }
    const { authorization } = request.headers;
    if (this.#apiKey !== undefined && authorization !== `Bearer ${this.#apiKey}`) {
      answer(response, 401, { error: { message: 'Incorrect API key', code: 'invalid_api_key' } });
    } else if (request.method === 'GET' && request.url === '/v1/models') {
      answer(response, 200, { object: 'list', data: [] });
    } else if (request.method !== 'POST' || request.url !== '/v1/audio/transcriptions') {
      answer(response, 404, { error: { message: 'Invalid URL' } });
    } else await this.#transcribe(request, response, Buffer.concat(chunks));
  }

  async #transcribe(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    if (this.fault !== undefined && !this.#fails(response, this.fault)) return;
    try {
      const contentType = request.headers['content-type'] ?? '';
      const form = await new Response(new Uint8Array(body), {
        headers: { 'content-type': contentType },
      }).formData();
      const file = form.get('file');
      if (!(file instanceof File) || !file.name.endsWith('.wav')) throw new Refusal('file');
      const sound = readWav(Buffer.from(await file.arrayBuffer()));
      const fields = [...form].filter((field): field is [string, string] => typeof field[1] === 'string');
      checkFields(fields);
      this.heard.push({ ...sound, fields });
      const written = this.answers.shift() ?? { text: '' };
      const timer = setTimeout(() => answer(response, 200, toJson(written, fields)), this.delayMs());
      response.on('close', () => clearTimeout(timer));
    } catch (error) {
      answer(response, 400, { error: { message: String(error), type: 'invalid_request_error' } });
    }
  }

  /** True when the request is to be served all the same. */
  #fails(response: ServerResponse, fault: TranscriptionsFault): boolean {
    if (fault.type === 'status') {
      if (fault.retryAfterS !== undefined) response.setHeader('Retry-After', String(fault.retryAfterS));
      answer(response, fault.status, { error: { message: 'secret words' } });
    } else if (fault.type === 'garbage') response.end('{"text": "secret wor');
    else if (fault.type === 'notAnAnswer') answer(response, 200, { transcript: 'secret words' });
    else if (fault.type === 'killed') response.socket?.destroy();
    else if (fault.type === 'long') answer(response, 200, { text: 'x'.repeat(3 << 20) });
    else if (fault.type === 'truncated' || fault.type === 'stalled') {
      response.setHeader('Content-Length', '1000');
      response.write('{"text": "secret wor');
      if (fault.type === 'truncated') setTimeout(() => response.socket?.destroy(), 10);
    }
    return false;
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(body));
}

function toJson({ text, logprobs, segments }: WrittenAnswer, fields: HeardFile['fields']): unknown {
  const has = (name: string, value: string) => fields.some(field => field[0] === name && field[1] === value);
  if (has('response_format', 'verbose_json')) {
    return { task: 'transcribe', language: 'english', duration: 1, text, segments: segments ?? [] };
  }
  if (!has('include[]', 'logprobs')) return { text };
  return { text, logprobs: (logprobs ?? []).map(logprob => ({ token: 'x', logprob, bytes: [120] })) };
}

function checkFields(fields: HeardFile['fields']): void {
  const known = new Map<string, string>();
  for (const [name, value] of fields) {
    if (known.has(name) && !name.endsWith('[]')) throw new Refusal(`${name} is there twice`);
    known.set(name, value);
  }
  const model = known.get('model') ?? '';
  const format = known.get('response_format') ?? 'json';
  if (!/^(gpt-transcribe|gpt-4o(-mini)?-transcribe|whisper-1|.+\/.+)$/u.test(model))
    throw new Refusal('model');
  if (model.startsWith('gpt-') && format !== 'json') throw new Refusal('response_format');
  if (known.has('include[]') && !(model.startsWith('gpt-4o') && format === 'json'))
    throw new Refusal('include');
  const isNew = model === 'gpt-transcribe';
  if (!isNew && (known.has('keywords[]') || known.has('languages[]'))) throw new Refusal('keywords');
  if (isNew && known.has('language')) throw new Refusal('language');
}

/** Walks the chunks of a RIFF file, as a decoder does. */
function readWav(file: Buffer): { samples: Int16Array; rateHz: number } {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.readUInt32LE(4) !== file.length - 8)
    throw new Refusal('RIFF');
  if (file.toString('latin1', 8, 12) !== 'WAVE') throw new Refusal('WAVE');
  let rateHz = 0;
  let data: Buffer | undefined;
  for (let at = 12; at + 8 <= file.length; ) {
    const [id, length] = [file.toString('latin1', at, at + 4), file.readUInt32LE(at + 4)];
    const chunk = file.subarray(at + 8, at + 8 + length);
    if (chunk.length !== length) throw new Refusal('chunk');
    if (id === 'fmt ') {
      const [format, channels, bits] = [chunk.readUInt16LE(0), chunk.readUInt16LE(2), chunk.readUInt16LE(14)];
      if (format !== 1 || channels !== 1 || bits !== 16) throw new Refusal('fmt');
      rateHz = chunk.readUInt32LE(4);
      if (chunk.readUInt32LE(8) !== rateHz * 2 || chunk.readUInt16LE(12) !== 2) throw new Refusal('fmt');
    } else if (id === 'data') data = chunk;
    at += 8 + length + (length % 2);
  }
  if (data === undefined || rateHz === 0) throw new Refusal('no sound');
  if (data.length / 2 < rateHz * 0.1) throw new Refusal('Minimum audio length is 0.1 seconds');
  const sound = data;
  return {
    rateHz,
    samples: Int16Array.from({ length: data.length / 2 }, (_, i) => sound.readInt16LE(i * 2)),
  };
}
