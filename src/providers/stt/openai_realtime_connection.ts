import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { FaultKind, ProviderFault } from '../provider_fault.ts';
import { ProviderSocket } from '../provider_socket.ts';
import { plainWords } from './plain_words.ts';
import type { RemoteUtterance } from './remote_utterance.ts';
import { tokenConfidence, UNMEASURED_CONFIDENCE } from './token_confidence.ts';

/** What is read of a server event; all others and all else are passed over. */
const EVENT = z.object({
  type: z.string(),
  item_id: z.string().optional(),
  delta: z.string().optional(),
  transcript: z.string().optional(),
  logprobs: z.array(z.object({ logprob: z.number() })).nullish(),
  error: z.object({ type: z.string().nullish(), code: z.string().nullish() }).optional(),
});
type ServerEvent = z.infer<typeof EVENT>;

const PROBE_MS = 1_000;
const TRANSCRIPTION = 'conversation.item.input_audio_transcription.';

/** One stretch of the utterance; a live model may end one by itself, in a pause. */
interface Item {
  text: string;
  isDone: boolean;
  logprobs: readonly number[];
}

export interface RealtimeConnectionOptions {
  readonly name: string;
  readonly url: string;
  readonly apiKey: string;
  /** Without a sign of life while sound goes over; then it is gone. */
  readonly stalledMs: number;
  /** The connection is gone. */
  readonly onEnd: () => void;
}

/** One transcription session of the Realtime API, for one utterance at a time. */
export class RealtimeConnection {
  readonly #options: RealtimeConnectionOptions;
  readonly #socket: ProviderSocket;
  #utterance: RemoteUtterance | undefined;
  #session = '';
  #fault: ProviderFault | undefined;
  /** Of the utterance in progress, in order. */
  #items = new Map<string, Item>();
  /** Of the one before: they have nothing more to tell. */
  #pastItems: ReadonlySet<string> = new Set();
  #lastItemId: string | undefined;
  #onStale: (() => void) | undefined;
  #probedAt: number | undefined;

  constructor(options: RealtimeConnectionOptions) {
    this.#options = options;
    this.#socket = new ProviderSocket({
      name: options.name,
      code: 'STT_FAILED',
      url: options.url,
      headers: { Authorization: `Bearer ${options.apiKey}` },
      onText: text => this.#receive(text),
      onEnd: fault => this.#ended(fault),
    });
  }

  get isOpen(): boolean {
    return this.#socket.isOpen;
  }

  /** Usable for an utterance from now on: not gone, nor about to be ended by the far end for its age. */
  get isFit(): boolean {
    return !this.#socket.isOver && this.#socket.ageMs < LIMITS.sttConnectionMs;
  }

  /** Tells the session's settings, if they are others than before. They hold for the sound that is sent after. */
  configure(session: unknown): void {
    const update = JSON.stringify({ type: 'session.update', session });
    if (update === this.#session) return;
    this.#session = update;
    this.#socket.send(update);
  }

  /**
   * `onStale` is told instead of a fault where the connection turns out to be gone before it has said anything: the far end may
   * give a kept one up at any time.
   */
  begin(utterance: RemoteUtterance, onStale?: () => void): void {
    this.#utterance = utterance;
    this.#onStale = onStale;
    this.#probedAt = undefined;
    if (this.#fault !== undefined) utterance.failWith(this.#fault);
  }

  /** 16-bit samples at 24 kHz. */
  append(pcm: Int16Array): void {
    const audio = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString('base64');
    this.#socket.sendJson({ type: 'input_audio_buffer.append', audio });
    if (this.isOpen) this.#probe();
  }

  commit(): void {
    this.#socket.sendJson({ type: 'input_audio_buffer.commit' });
  }

  /** The utterance is over and all was told of it: the next one may come. */
  release(): void {
    this.#utterance = undefined;
    this.#pastItems = new Set(this.#items.keys());
    this.#items = new Map();
    this.#lastItemId = undefined;
  }

  /** Ends it; resolves when nothing is left of it. */
  close(): Promise<void> {
    this.#utterance = undefined;
    this.#socket.close();
    return this.#socket.closed;
  }

  #ended(fault: ProviderFault | undefined): void {
    this.#fault = fault;
    this.#options.onEnd();
    const [utterance, onStale] = [this.#utterance, this.#onStale];
    this.#utterance = undefined;
    if (fault === undefined) return;
    const isGone = fault.kind === 'unavailable' || fault.kind === 'timeout';
    if (isGone && onStale !== undefined) onStale();
    else utterance?.failWith(fault);
  }

  /** While sound goes over the far end may have nothing to say, but it must live: it is asked about once a second. */
  #probe(): void {
    const now = performance.now();
    const sinceMs = this.#probedAt === undefined ? Number.POSITIVE_INFINITY : now - this.#probedAt;
    const { silentForMs } = this.#socket;
    if (this.#probedAt !== undefined && silentForMs >= sinceMs) {
      const { stalledMs } = this.#options;
      if (sinceMs > stalledMs) this.#socket.fail('timeout', `was silent for ${stalledMs} ms of sound`);
    } else if (sinceMs > PROBE_MS) {
      this.#probedAt = now;
      this.#socket.probe();
    }
  }

  #receive(text: string): void {
    const event = readEvent(text);
    if (event === undefined) {
      this.#socket.fail('protocol', 'sent no event');
      return;
    }
    this.#onStale = undefined;
    this.#utterance?.sign();
    if (event.type === 'error') this.#refused(event);
    else if (event.type === 'input_audio_buffer.committed') this.#committed(event);
    else if (event.type.startsWith(TRANSCRIPTION)) this.#transcribed(event);
  }

  #refused({ error }: ServerEvent): void {
    // A live model may have ended all items by itself; then there is nothing to commit.
    if (error?.code === 'input_audio_buffer_commit_empty' && this.#utterance?.isFinishing) {
      this.#lastItemId = [...this.#items.keys()].at(-1);
      if (this.#lastItemId !== undefined) {
        this.#finish();
        return;
      }
    }
    this.#socket.fail(kindOfError(error), 'answered with an error');
  }

  #committed({ item_id: id }: ServerEvent): void {
    if (id === undefined) this.#socket.fail('protocol', 'named no item');
    // A server with turns of its own may commit by itself: only the last one's item ends the utterance.
    else if (this.#utterance?.isFinishing) {
      this.#item(id);
      this.#lastItemId = id;
      this.#finish();
    }
  }

  #transcribed(event: ServerEvent): void {
    const { item_id: id } = event;
    if (id === undefined || this.#pastItems.has(id) || this.#utterance === undefined) return;
    const what = event.type.slice(TRANSCRIPTION.length);
    const item = this.#item(id);
    if (item === undefined) return;
    if (what === 'failed') this.#socket.fail(kindOfError(event.error), 'could not transcribe');
    else if (what === 'delta' && !item.isDone) {
      item.text += event.delta ?? '';
      if (item.text.length > LIMITS.sttTranscriptCharacters) this.#socket.fail('protocol', 'says too much');
      else this.#utterance.partial(plainWords(this.#text()));
    } else if (what === 'completed') {
      item.text = event.transcript ?? '';
      item.logprobs = (event.logprobs ?? []).map(({ logprob }) => logprob);
      item.isDone = true;
      this.#utterance.partial(plainWords(this.#text()));
      this.#finish();
    }
  }

  #item(id: string): Item | undefined {
    const known = this.#items.get(id);
    if (known !== undefined) return known;
    if (this.#items.size >= LIMITS.sttItems) {
      this.#socket.fail('protocol', 'names too many items');
      return undefined;
    }
    const item: Item = { text: '', isDone: false, logprobs: [] };
    this.#items.set(id, item);
    return item;
  }

  #text(): string {
    return [...this.#items.values()].map(({ text }) => text).join(' ');
  }

  /** The final, once the last item is known and all are done. */
  #finish(): void {
    const items = [...this.#items.values()];
    if (this.#lastItemId === undefined || !items.every(({ isDone }) => isDone)) return;
    const logprobs = items.flatMap(item => item.logprobs);
    this.#utterance?.done({
      text: plainWords(this.#text()),
      confidence: tokenConfidence(logprobs) ?? UNMEASURED_CONFIDENCE,
      alternatives: [],
    });
  }
}

function readEvent(text: string): ServerEvent | undefined {
  try {
    return EVENT.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Of an error object of the API (https://developers.openai.com/api/docs/guides/error-codes). */
function kindOfError(error: ServerEvent['error']): FaultKind {
  const { code, type } = error ?? {};
  if (code === 'invalid_api_key' || type === 'authentication_error') return 'auth';
  if (code === 'rate_limit_exceeded' || code === 'insufficient_quota') return 'rateLimited';
  if (type === 'server_error' || code === 'session_expired') return 'unavailable';
  return 'refused';
}
