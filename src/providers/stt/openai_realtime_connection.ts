import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { FaultKind, ProviderFault } from '../provider_fault.ts';
import { ProviderSocket } from '../provider_socket.ts';
import type { Recognition } from '../types.ts';
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
  #commits = 0;
  /** The last item of each commit that was answered, in order; undefined where there was none yet. */
  #marks: (string | undefined)[] = [];
  /** Commits of which all was told. */
  #told = 0;
  #onHeard: OnHeard = () => undefined;
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
   * `onHeard` is told how many of its commits are written down, and what they come to, as it is known.
   * `onStale` is told instead of a fault where the connection turns out to be gone before it has said anything: the far end may
   * give a kept one up at any time.
   */
  begin(utterance: RemoteUtterance, onHeard: OnHeard, onStale?: () => void): void {
    this.#utterance = utterance;
    this.#onHeard = onHeard;
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
    this.#commits += 1;
    this.#socket.sendJson({ type: 'input_audio_buffer.commit' });
  }

  /** The utterance is over and all was told of it: the next one may come. */
  release(): void {
    this.#utterance = undefined;
    this.#pastItems = new Set(this.#items.keys());
    this.#items = new Map();
    this.#commits = 0;
    this.#marks = [];
    this.#told = 0;
    this.#onHeard = () => undefined;
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
    const last = [...this.#items.keys()].at(-1);
    const isAsked = error?.code === 'input_audio_buffer_commit_empty' && this.#marks.length < this.#commits;
    if (isAsked && (last !== undefined || this.#utterance?.isFinishing === false)) {
      this.#marks.push(last);
      this.#tell();
      return;
    }
    this.#socket.fail(kindOfError(error), 'answered with an error');
  }

  #committed({ item_id: id }: ServerEvent): void {
    if (id === undefined) this.#socket.fail('protocol', 'named no item');
    else if (this.#marks.length < this.#commits) {
      this.#item(id);
      this.#marks.push(id);
      this.#tell();
    } else if (this.#utterance?.isFinishing) {
      // A server with turns of its own may commit by itself: only the last one's item ends the utterance.
      this.#item(id);
      this.#marks[this.#marks.length - 1] = id;
      this.#told = Math.min(this.#told, this.#marks.length - 1);
      this.#tell();
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
      this.#tell();
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

  #text(items: readonly Item[] = [...this.#items.values()]): string {
    return items.map(({ text }) => text).join(' ');
  }

  /** What each commit comes to with those before it, once all their items are done; at the end, all items. */
  #tell(): void {
    while (this.#told < this.#marks.length) {
      const isLast = this.#utterance?.isFinishing === true && this.#told + 1 === this.#commits;
      const items = isLast ? [...this.#items.values()] : this.#itemsUpTo(this.#marks[this.#told]);
      if (!items.every(({ isDone }) => isDone)) return;
      this.#told += 1;
      const logprobs = items.flatMap(item => item.logprobs);
      const text = plainWords(this.#text(items));
      this.#onHeard(this.#told, {
        text,
        confidence: text === '' ? 0 : (tokenConfidence(logprobs) ?? UNMEASURED_CONFIDENCE),
        alternatives: [],
      });
    }
  }

  #itemsUpTo(id: string | undefined): Item[] {
    const ids = [...this.#items.keys()];
    const count = id === undefined ? 0 : ids.indexOf(id) + 1;
    return [...this.#items.values()].slice(0, count);
  }
}

/** So many commits are written down; they come to this. */
type OnHeard = (commits: number, recognition: Recognition) => void;

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
