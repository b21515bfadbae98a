import { setTimeout as sleep } from 'node:timers/promises';

export interface ToneWord {
  readonly word: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Sound whose words are known to the sample: 16-bit mono. */
export interface ToneSpeech {
  readonly pcm: Int16Array;
  readonly words: readonly ToneWord[];
}

/** What goes wrong with a sentence once its speech is to be sent; `afterChunks` have gone out before. */
export interface SpeechFault {
  readonly kind: 'halfOpen' | 'drop' | 'garbage';
  readonly afterChunks: number;
}

/** How a server of speech behaves; each part may be put in anew at any time. */
export interface SpeechScript {
  audio: (text: string, rateHz: number) => ToneSpeech;
  /** From the request to the first chunk, and between two chunks, milliseconds. */
  firstByteMs: () => number;
  paceMs: () => number;
  /** Length of a chunk, milliseconds of sound; of an odd number of bytes where `oddBytes` is set. */
  chunkMs: number;
  oddBytes: boolean;
  /** Waited for before each chunk. */
  hold: (chunk: number) => Promise<void>;
  fault: (text: string) => SpeechFault | undefined;
  /** Handshakes or requests that are answered with a status instead. */
  refuse: () => { readonly status: number; readonly retryAfterS?: number } | undefined;
  /** Rate that is made and announced, whatever was asked for; by servers that announce one. */
  announceHz: number | undefined;
}

/** What a server of speech saw. */
export interface SpeechRecord {
  /** Sentences it was to speak. */
  readonly texts: string[];
  /** Sentences that were cancelled while they were spoken. */
  readonly cancelled: string[];
  /** What no client may send. */
  readonly violations: string[];
  /** Chunks sent. */
  chunks: number;
  /** Connections since the start, and those that are there. */
  connections: number;
  open: number;
}

/** A server of speech on the loopback that a test or a bench scripts. */
export interface SpeechServer {
  readonly url: string;
  readonly script: SpeechScript;
  readonly record: SpeechRecord;
  /** Breaks all connections off, without a word. */
  breakOff(): void;
  close(): Promise<void>;
}

export function newRecord(): SpeechRecord {
  return { texts: [], cancelled: [], violations: [], chunks: 0, connections: 0, open: 0 };
}

export function newScript(): SpeechScript {
  return {
    audio: toneSpeech,
    firstByteMs: () => 0,
    paceMs: () => 0,
    chunkMs: 100,
    oddBytes: false,
    hold: async () => {},
    fault: () => undefined,
    refuse: () => undefined,
    announceHz: undefined,
  };
}

const LEAD_MS = 200;
const TAIL_MS = 300;
const GAP_MS = 50;
const PAUSE_MS = 180;
/** About −29 dBFS while it sounds: quieter than a telephone expects. */
const AMPLITUDE = 1_600;

/** A tone for each word, longer for longer words, of a pitch of its own; silence before, between and after. */
export function toneSpeech(text: string, rateHz: number): ToneSpeech {
  const words: ToneWord[] = [];
  let atMs = LEAD_MS;
  for (const word of text.split(/\s+/u).filter(part => /[\p{L}\p{N}]/u.test(part))) {
    const letters = word.replace(/[^\p{L}\p{N}]/gu, '').length;
    const endMs = atMs + Math.min(1_000, 100 + 50 * letters);
    words.push({ word, startMs: atMs, endMs });
    atMs = endMs + (/[.,;:!?]$/u.test(word) ? PAUSE_MS : GAP_MS);
  }
  const lastMs = words.at(-1)?.endMs ?? 0;
  const pcm = new Int16Array(Math.round(((lastMs + TAIL_MS) * rateHz) / 1_000));
  for (const { word, startMs, endMs } of words) {
    const [from, to] = [startMs, endMs].map(ms => Math.round((ms * rateHz) / 1_000)) as [number, number];
    for (let at = from; at < to; at++) {
      // A short slope on either side keeps the tone's band narrow.
      const slope = Math.min(1, (at - from) / (rateHz * 0.005), (to - at) / (rateHz * 0.005));
      pcm[at] = AMPLITUDE * slope * Math.sin((2 * Math.PI * pitchOf(word) * at) / rateHz);
    }
  }
  return { pcm, words };
}

/** The tone of a word, 300 to 2,190 Hz. */
export function pitchOf(word: string): number {
  let sum = 0;
  for (const char of word) sum = (sum * 31 + char.codePointAt(0)!) % 190;
  return 300 + 10 * sum;
}

export interface ScriptedChunk {
  readonly index: number;
  readonly bytes: Buffer;
  /** Where its sound begins in the whole. */
  readonly startMs: number;
  /** Words that begin in it. */
  readonly words: readonly ToneWord[];
}

/**
 * Sends the chunks of a sentence in their time; ends early when the signal is aborted, and with the fault where one is
 * due. `done` when all was sent.
 */
export async function sendSpeech(
  { script, record }: Pick<SpeechServer, 'script' | 'record'>,
  text: string,
  rateHz: number,
  options: { readonly signal: AbortSignal; readonly send: (chunk: ScriptedChunk) => void },
): Promise<'done' | 'stopped' | SpeechFault['kind']> {
  const { pcm, words } = script.audio(text, rateHz);
  const bytes = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  const fault = script.fault(text);
  let sent = 0;
  for (let index = 0; ; index++) {
    const waitMs = index === 0 ? script.firstByteMs() : script.paceMs();
    await sleep(waitMs, undefined, { signal: options.signal }).catch(() => {});
    await Promise.race([script.hold(index), aborted(options.signal)]);
    if (options.signal.aborted) return 'stopped';
    if (fault !== undefined && index >= fault.afterChunks) return fault.kind;
    if (sent >= bytes.length) return 'done';
    const even = Math.max(4, 2 * Math.round((script.chunkMs * rateHz) / 1_000));
    const end = Math.min(bytes.length, sent + (script.oddBytes ? even + (index % 2 === 0 ? 1 : -3) : even));
    const [startMs, endMs] = [sent, end].map(at => (at * 500) / rateHz) as [number, number];
    const begun = words.filter(word => word.startMs >= startMs && word.startMs < endMs);
    options.send({ index, bytes: bytes.subarray(sent, end), startMs, words: begun });
    record.chunks += 1;
    sent = end;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
