import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/**
 * The Realtime API of OpenAI in transcription mode, as its guide and the reference of its events have it
 * (https://developers.openai.com/api/docs/guides/realtime-transcription,
 * https://developers.openai.com/api/reference/resources/realtime/client-events).
 */
export interface SpokenAnswer {
  readonly text: string;
  /** Pieces that arrive while sound comes in, one every 100 ms; live models only. The rest comes after the commit. */
  readonly deltas?: readonly string[];
  /** Natural logarithms of the tokens' probabilities, told if they were asked for. */
  readonly logprobs?: readonly number[];
  /** The model divides the sound by itself: this was one item before what `text` has. */
  readonly firstItem?: string;
  /** Told of it again when the next utterance has begun. */
  readonly late?: string;
}

export type RealtimeFault =
  | { readonly type: 'status'; readonly status: number; readonly retryAfterS?: number }
  | { readonly type: 'error'; readonly error: { readonly type: string; readonly code: string | null } }
  | { readonly type: 'failed'; readonly error: { readonly type: string; readonly code: string | null } }
  /** After the commit. */
  | { readonly type: 'silent' | 'garbage' | 'notAnEvent' | 'truncated' | 'killed' | 'long' }
  /** While sound comes in; mute is who answers no pings either. */
  | { readonly type: 'killedInMidUtterance' | 'mute' }
  | { readonly type: 'closed'; readonly code: number }
  /** This instead of an answer, when sound comes or when the commit does. */
  | { readonly type: 'sent'; readonly at: 'audio' | 'final'; readonly message: string | Uint8Array }
  /** The handshake is never answered. */
  | { readonly type: 'deaf' };

/** What the server was told of one utterance. */
export interface HeardUtterance {
  readonly samples: Int16Array;
  readonly session: TranscriptionSession;
  /** Which connection it came on, from 1. */
  readonly connection: number;
}

interface TranscriptionSession {
  readonly type: string;
  readonly include?: readonly string[];
  readonly audio: {
    readonly input: {
      readonly format: { readonly type: string; readonly rate: number };
      readonly transcription: Readonly<Record<string, unknown>> & { readonly model: string };
      readonly turn_detection: null;
    };
  };
}

const RATE_HZ = 24_000;
const LIVE = /^gpt-(live-transcribe|realtime-whisper)/u;
const MODELS = /^(gpt-(live-)?transcribe|gpt-realtime-whisper|gpt-4o(-mini)?-transcribe|whisper-1)$/u;

class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export class OpenAiRealtimeServer {
  /** Answers to successive utterances; after the last one, empty ones. */
  readonly answers: SpokenAnswer[] = [];
  readonly heard: HeardUtterance[] = [];
  /** Makes the answer of what the utterance begins with, at 24 kHz; by default the next of the list. */
  answerTo: (head: Int16Array) => SpokenAnswer = () => this.answers.shift() ?? { text: '' };
  delayMs: () => number = () => 0;
  fault: RealtimeFault | undefined;
  /** Handshakes, the refused ones included. */
  handshakes = 0;
  connections = 0;
  /** Pieces of sound. */
  appends = 0;
  audioBytes = 0;
  readonly #apiKey: string;
  readonly #http = createServer();
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #raw = new Set<Duplex>();

  constructor(apiKey: string) {
    this.#apiKey = apiKey;
    this.#http.on('connection', socket => {
      this.#raw.add(socket);
      socket.on('close', () => this.#raw.delete(socket));
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/v1/realtime?intent=transcription`;
  }

  /** Connections that are open now, handshakes included. */
  get open(): number {
    return this.#raw.size;
  }

  async start(): Promise<this> {
    this.#http.listen(0, '127.0.0.1');
    await once(this.#http, 'listening');
    return this;
  }

  /** Cuts all connections; new ones are taken. */
  cut(): void {
    for (const socket of this.#raw) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#raw) socket.destroy();
    this.#http.close();
    await once(this.#http, 'close');
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.handshakes++;
    if (this.fault?.type === 'deaf') return;
    const refused = this.#statusOf(request);
    if (refused !== undefined) {
      const after = refused.retryAfterS === undefined ? '' : `Retry-After: ${refused.retryAfterS}\r\n`;
      socket.end(
        `HTTP/1.1 ${refused.status} Refused\r\n${after}Content-Length: 0\r\nConnection: close\r\n\r\n`,
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, peer => {
      this.connections++;
      this.#serve(peer, socket, this.connections);
    });
  }

  #statusOf({
    headers,
    url,
  }: IncomingMessage): { readonly status: number; readonly retryAfterS?: number } | undefined {
    if (this.fault?.type === 'status') return this.fault;
    if (headers.authorization !== `Bearer ${this.#apiKey}`) return { status: 401 };
    const { pathname, searchParams } = new URL(url ?? '/', 'ws://localhost');
    if (pathname !== '/v1/realtime') return { status: 404 };
    // A model in the address means a conversation.
    return searchParams.get('intent') === 'transcription' && !searchParams.has('model')
      ? undefined
      : { status: 400 };
  }

  #serve(peer: WebSocket, raw: Duplex, connection: number): void {
    const conversation = new Conversation(this, peer, raw, connection);
    peer.on('message', data => conversation.receive(String(data)));
    peer.on('close', () => conversation.end());
    peer.on('error', () => {});
  }
}

/** One connection. */
class Conversation {
  readonly #server: OpenAiRealtimeServer;
  readonly #peer: WebSocket;
  readonly #raw: Duplex;
  readonly #connection: number;
  readonly #timers = new Set<NodeJS.Timeout>();
  #session: TranscriptionSession | undefined;
  #audio: Buffer[] = [];
  #answer: SpokenAnswer | undefined;
  #toldDeltas = 0;
  #isMute = false;
  #late: { readonly text: string; readonly itemId: string } | undefined;
  #itemId: string;
  #events = 0;
  #items = 0;

  constructor(server: OpenAiRealtimeServer, peer: WebSocket, raw: Duplex, connection: number) {
    this.#server = server;
    this.#peer = peer;
    this.#raw = raw;
    this.#connection = connection;
    this.#itemId = this.#newItem();
    this.#tell('session.created', { session: { type: 'transcription', object: 'realtime.session' } });
  }

  receive(text: string): void {
    if (this.#isMute) return;
    let eventId: unknown;
    try {
      const event = JSON.parse(text) as Record<string, unknown>;
      eventId = event.event_id;
      this.#obey(event);
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'invalid_event';
      this.#tell('error', {
        error: { type: 'invalid_request_error', code, message: String(error), event_id: eventId ?? null },
      });
    }
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #obey(event: Record<string, unknown>): void {
    const { type } = event;
    if (type === 'session.update') this.#update(event.session as TranscriptionSession);
    else if (type === 'input_audio_buffer.append') this.#append(event.audio);
    else if (type === 'input_audio_buffer.commit') this.#commit();
    else if (type === 'input_audio_buffer.clear') {
      this.#audio = [];
      this.#tell('input_audio_buffer.cleared', {});
    } else throw new Refusal('invalid_value', `no such event: ${String(type)}`);
  }

  #update(session: TranscriptionSession): void {
    const { format, transcription, turn_detection: turns } = session.audio.input;
    if (session.type !== 'transcription') throw new Refusal('invalid_value', 'session.type');
    if (format.type !== 'audio/pcm' || format.rate !== RATE_HZ) throw new Refusal('invalid_value', 'format');
    if (turns !== null) throw new Refusal('invalid_value', 'turn_detection');
    checkTranscription(transcription);
    const unknown = session.include?.find(field => field !== 'item.input_audio_transcription.logprobs');
    if (unknown !== undefined) throw new Refusal('invalid_value', 'include');
    this.#session = session;
    this.#tell('session.updated', { session });
  }

  #append(audio: unknown): void {
    if (typeof audio !== 'string') throw new Refusal('invalid_value', 'audio');
    const bytes = Buffer.from(audio, 'base64');
    if (bytes.length === 0 || bytes.length % 2 !== 0 || bytes.toString('base64') !== audio)
      throw new Refusal('invalid_value', 'audio');
    this.#audio.push(bytes);
    this.#server.appends++;
    this.#server.audioBytes += bytes.length;
    this.#answer ??= this.#server.answerTo(toSamples(bytes));
    if (this.#server.fault?.type === 'sent' && this.#server.fault.at === 'audio')
      this.#peer.send(this.#server.fault.message);
    else if (this.#server.fault?.type === 'mute') {
      this.#isMute = true;
      this.#peer.pause();
      return;
    }
    if (this.#late !== undefined) this.#completed(this.#late.text, [], this.#late.itemId);
    this.#late = undefined;
    if (this.#server.fault?.type === 'killedInMidUtterance') this.#peer.terminate();
    else if (LIVE.test(this.#session?.audio.input.transcription.model ?? '')) this.#tellDeltas();
  }

  #tellDeltas(): void {
    const { deltas = [] } = this.#answer ?? {};
    const due = Math.min(deltas.length, Math.floor(this.#audioMs() / 100));
    for (; this.#toldDeltas < due; this.#toldDeltas++) this.#delta(deltas[this.#toldDeltas]!);
  }

  #commit(): void {
    if (this.#session === undefined) throw new Refusal('invalid_value', 'no transcription session');
    const ms = this.#audioMs();
    if (ms < 100) {
      const message = `buffer too small: expected at least 100ms of audio, but has ${ms.toFixed(2)}ms`;
      throw new Refusal('input_audio_buffer_commit_empty', message);
    }
    const bytes = Buffer.concat(this.#audio);
    this.#server.heard.push({
      samples: toSamples(bytes),
      session: this.#session,
      connection: this.#connection,
    });
    const [answer, itemId, told] = [this.#answer ?? { text: '' }, this.#itemId, this.#toldDeltas];
    this.#audio = [];
    this.#answer = undefined;
    this.#toldDeltas = 0;
    const { fault } = this.#server;
    if (fault !== undefined && this.#fail(fault, itemId)) return;
    if (answer.firstItem !== undefined) this.#completed(answer.firstItem, []);
    this.#tell('input_audio_buffer.committed', { item_id: this.#itemId, previous_item_id: null });
    const { model } = this.#session.audio.input.transcription;
    const committed = this.#itemId;
    this.#itemId = this.#newItem();
    this.#later(() => {
      if (LIVE.test(model) || model.startsWith('gpt-4o'))
        for (const delta of (answer.deltas ?? []).slice(told)) this.#delta(delta, committed);
      this.#completed(answer.text, answer.logprobs ?? [], committed);
      if (answer.late !== undefined) this.#late = { text: answer.late, itemId: committed };
    });
  }

  /** False when all goes on as if nothing were wrong. */
  #fail(fault: RealtimeFault, itemId: string): boolean {
    if (fault.type === 'garbage') this.#peer.send('{"type":"conversation.item.inp');
    else if (fault.type === 'notAnEvent') this.#peer.send('[1,2,3]');
    else if (fault.type === 'long') this.#peer.send(JSON.stringify({ type: 'x'.repeat(5 << 20) }));
    else if (fault.type === 'killed') this.#peer.terminate();
    else if (fault.type === 'closed') this.#peer.close(fault.code);
    else if (fault.type === 'sent') this.#peer.send(fault.message);
    else if (fault.type === 'truncated') {
      // A text frame of 100 bytes of which 10 come (RFC 6455 §5.2).
      this.#raw.write(Buffer.concat([Buffer.from([0x81, 100]), Buffer.alloc(10, 0x7b)]));
      this.#raw.end();
    } else if (fault.type === 'error') {
      this.#tell('error', {
        error: { message: 'secret words', param: null, event_id: null, ...fault.error },
      });
    } else if (fault.type === 'failed') {
      this.#tell('input_audio_buffer.committed', { item_id: itemId, previous_item_id: null });
      this.#tell('conversation.item.input_audio_transcription.failed', {
        item_id: itemId,
        content_index: 0,
        error: { message: 'secret words', param: null, ...fault.error },
      });
    } else if (fault.type !== 'silent') return false;
    return true;
  }

  #delta(delta: string, itemId = this.#itemId): void {
    this.#tell('conversation.item.input_audio_transcription.delta', {
      item_id: itemId,
      content_index: 0,
      delta,
    });
  }

  #completed(transcript: string, logprobs: readonly number[], itemId = this.#itemId): void {
    const wanted = this.#session?.include?.includes('item.input_audio_transcription.logprobs') === true;
    this.#tell('conversation.item.input_audio_transcription.completed', {
      item_id: itemId,
      content_index: 0,
      transcript,
      usage: { type: 'duration', seconds: 1 },
      ...(wanted ? { logprobs: logprobs.map(logprob => ({ token: 'x', bytes: [120], logprob })) } : {}),
    });
    if (itemId === this.#itemId) this.#itemId = this.#newItem();
  }

  #audioMs(): number {
    return this.#audio.reduce((sum, { length }) => sum + length, 0) / 2 / (RATE_HZ / 1000);
  }

  #newItem(): string {
    return `item_${this.#connection}_${this.#items++}`;
  }

  #tell(type: string, what: Record<string, unknown>): void {
    this.#peer.send(JSON.stringify({ type, event_id: `event_${this.#events++}`, ...what }));
  }

  #later(action: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, this.#server.delayMs());
    this.#timers.add(timer);
  }
}

function toSamples(bytes: Buffer): Int16Array {
  return Int16Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readInt16LE(at * 2));
}

/** AudioTranscription, with what each model says that it takes. */
function checkTranscription(transcription: Readonly<Record<string, unknown>>): void {
  const { model, language, languages, keywords, prompt } = transcription;
  if (typeof model !== 'string' || !MODELS.test(model)) throw new Refusal('invalid_model', 'model');
  const isNew = /^gpt-(live-)?transcribe$/u.test(model);
  if (!isNew && (languages !== undefined || keywords !== undefined))
    throw new Refusal('invalid_value', 'languages and keywords');
  if (isNew && language !== undefined) throw new Refusal('invalid_value', 'language');
  if (model === 'gpt-realtime-whisper' && prompt !== undefined) throw new Refusal('invalid_value', 'prompt');
  for (const keyword of (keywords ?? []) as unknown[])
    if (typeof keyword !== 'string' || /[<>\r\n]/u.test(keyword))
      throw new Refusal('invalid_value', 'keywords');
}
