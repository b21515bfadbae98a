import type { WebSocket } from 'ws';
import { jsonOf, type SpeechHost, startSpeechHost } from './speech_host.ts';
import { type ScriptedChunk, type SpeechServer, sendSpeech } from './speech_script.ts';

const CONTEXTS = 5;
/** From a context's second close to its end. */
const STOP_MS = 30;
const RATES: Readonly<Record<string, number>> = {
  pcm_8000: 8_000,
  pcm_16000: 16_000,
  pcm_22050: 22_050,
  pcm_24000: 24_000,
};

interface Context {
  text: string;
  isFlushed: boolean;
  isClosed: boolean;
  readonly control: AbortController;
}

/**
 * ElevenLabs' multi-context WebSocket
 * (https://elevenlabs.io/docs/api-reference/text-to-speech/v-1-text-to-speech-voice-id-multi-stream-input): at most five contexts
 * on a connection; one that is closed after a flush is spoken to its end and then called final, one that is closed again is
 * stopped.
 */
export async function startElevenLabs({ apiKey }: { readonly apiKey: string }): Promise<SpeechServer> {
  const host = await startSpeechHost({
    judge: (request, url) => {
      if (!/^\/v1\/text-to-speech\/[^/]+\/multi-stream-input$/u.test(url.pathname)) return 404;
      if (RATES[url.searchParams.get('output_format') ?? ''] === undefined) return 403;
      if (!(Number(url.searchParams.get('inactivity_timeout') ?? 20) <= 180)) return 403;
      return request.headers['xi-api-key'] === apiKey ? undefined : 401;
    },
    onSocket: (on, socket, url) => new Session(on, socket, url),
  });
  return { ...host, url: `ws://${host.url}` };
}

class Session {
  readonly #host: SpeechHost;
  readonly #socket: WebSocket;
  readonly #rateHz: number;
  readonly #isAligned: boolean;
  readonly #contexts = new Map<string, Context>();

  constructor(host: SpeechHost, socket: WebSocket, url: URL) {
    this.#host = host;
    this.#socket = socket;
    this.#rateHz = RATES[url.searchParams.get('output_format')!]!;
    this.#isAligned = url.searchParams.get('sync_alignment') === 'true';
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const { control } of this.#contexts.values()) control.abort();
    });
    socket.on('message', data => this.#take(jsonOf(data)));
  }

  #take(message: Readonly<Record<string, unknown>> | undefined): void {
    const id = String(message?.context_id ?? 'default');
    const context = this.#contexts.get(id);
    const wrong = message === undefined ? 'no JSON' : this.#violationOf(message, context);
    if (wrong !== undefined) this.#violated(wrong);
    else if (message?.close_context === true) this.#close(id, context);
    else if (context === undefined) {
      this.#contexts.set(id, { text: '', isFlushed: false, isClosed: false, control: new AbortController() });
    } else {
      context.text += String(message?.text);
      if (message?.flush !== true) return;
      context.isFlushed = true;
      void this.#speak(id, context);
    }
  }

  #violationOf(message: Readonly<Record<string, unknown>>, context: Context | undefined): string | undefined {
    if (message.close_context === true) return undefined;
    if (context === undefined) {
      if (message.text !== ' ') return 'a context begins with a blank';
      return this.#contexts.size >= CONTEXTS ? 'too many contexts' : undefined;
    }
    if (message.voice_settings !== undefined) return 'voice_settings come first';
    return typeof message.text === 'string' && message.text.endsWith(' ') ? undefined : 'text';
  }

  #close(id: string, context: Context | undefined): void {
    if (context === undefined) return;
    if (!context.isFlushed) this.#final(id);
    else if (context.isClosed) {
      this.#host.record.cancelled.push(context.text.trim());
      context.control.abort();
      setTimeout(() => this.#final(id), STOP_MS);
    } else context.isClosed = true;
  }

  async #speak(id: string, context: Context): Promise<void> {
    const text = context.text.trim();
    this.#host.record.texts.push(text);
    const outcome = await sendSpeech(this.#host, text, this.#rateHz, {
      signal: AbortSignal.any([context.control.signal, this.#host.closing]),
      send: chunk => {
        const audio = chunk.bytes.toString('base64');
        const alignment = this.#isAligned ? alignmentOf(chunk) : null;
        this.#answer({ audio, alignment, normalizedAlignment: alignment, contextId: id });
      },
    });
    if (outcome === 'done') this.#final(id);
    else if (outcome === 'drop') this.#socket.terminate();
    else if (outcome === 'garbage') this.#socket.send('{"audio": 5, "contextId": [');
  }

  #final(id: string): void {
    if (this.#contexts.delete(id)) this.#answer({ isFinal: true, contextId: id });
  }

  /** "1008 (policy violation)" */
  #violated(what: string): void {
    this.#host.record.violations.push(what);
    this.#answer({ message: what, error: 'input_invalid', code: 1008 });
    this.#socket.close(1008, what);
  }

  #answer(message: unknown): void {
    this.#socket.send(JSON.stringify(message), () => {});
  }
}

/** Characters of the words that begin in a chunk, with times from the chunk's start. */
function alignmentOf({ words, startMs }: ScriptedChunk): unknown {
  const chars: string[] = [];
  const starts: number[] = [];
  const durations: number[] = [];
  for (const word of words) {
    const letters = word.word.replace(/[^\p{L}\p{N}]/gu, '').length;
    let atMs = word.startMs - startMs;
    for (const char of word.word) {
      // A mark lasts as long as the pause that it makes.
      const lastsMs = /[\p{L}\p{N}]/u.test(char) ? (word.endMs - word.startMs) / letters : 40;
      chars.push(char);
      starts.push(atMs);
      durations.push(lastsMs);
      atMs += lastsMs;
    }
    chars.push(' ');
    starts.push(word.endMs - startMs);
    durations.push(0);
  }
  return chars.length === 0 ? null : { chars, charStartTimesMs: starts, charDurationsMs: durations };
}
