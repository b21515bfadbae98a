import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FaultKind, ProviderFault } from '../../src/providers/provider_fault.ts';
import type { NetworkTts } from '../../src/providers/tts/speech_protocol.ts';
import type { SpokenPiece, SpokenWord } from '../../src/providers/types.ts';
import type { StandaloneCheck } from './conformance.ts';
import { pitchOf, type SpeechServer, toneSpeech } from './servers/speech_script.ts';

/** What most checks have spoken: no error may hold a word of it. */
export const SENTENCE = 'We can pick up the piano on Friday morning, between eight and ten.';
export const KEY = 'key-of-the-right-kind';
/** Silence that a synthesiser may leave before and after a sentence. */
const LEAD_MS = 60;
const TAIL_MS = 120;

/** A synthesiser behind a network, with the server that it speaks to. */
export interface StreamingTtsRig {
  readonly name: string;
  /** Sound comes before all of it is made. */
  readonly streams: boolean;
  /** The provider itself tells where words lie. */
  readonly tellsWords: boolean;
  /** The provider says at which rate its sound is. */
  readonly announcesRate: boolean;
  start(options: { readonly apiKey: string }): Promise<SpeechServer>;
  create(options: { readonly url: string; readonly apiKey: string; readonly stallMs?: number }): NetworkTts;
}

/** What every synthesiser behind a network must do; each check stands alone and throws when it is not met. */
export interface StreamingTtsCheck extends StandaloneCheck {
  /** For which it makes sense; for all, where it is not said. */
  readonly suits?: (rig: StreamingTtsRig) => boolean;
  run(rig: StreamingTtsRig): Promise<void>;
}

export interface Spoken {
  readonly pcm: Int16Array;
  readonly words: readonly SpokenWord[];
  /** What it ended with, if not well. */
  readonly error: unknown;
}

export interface Bench {
  readonly server: SpeechServer;
  readonly tts: NetworkTts;
  /** Speaks to the end, or to the error. @param onPiece may stop it by answering false */
  speak(text: string, options?: SpeakOptions): Promise<Spoken>;
}

interface SpeakOptions {
  readonly rateHz?: 8000 | 16000;
  readonly signal?: AbortSignal;
  readonly onPiece?: (piece: SpokenPiece) => boolean | undefined;
}

/** Runs a check with a server and a synthesiser of its own; afterwards nothing may be open, and nothing wrong was sent. */
export async function onBench(
  rig: StreamingTtsRig,
  options: { readonly apiKey?: string; readonly stallMs?: number },
  check: (bench: Bench) => Promise<void>,
): Promise<void> {
  const server = await rig.start({ apiKey: KEY });
  const tts = rig.create({ url: server.url, apiKey: KEY, stallMs: 5_000, ...options });
  const speak = (text: string, speakOptions: SpeakOptions = {}) => speakOn(tts, text, speakOptions);
  try {
    await check({ server, tts, speak });
    await tts.close();
    await until(() => server.record.open === 0, 'nothing is open after close');
    assert.deepEqual(server.record.violations, []);
  } finally {
    await tts.close();
    await server.close();
  }
}

async function speakOn(
  tts: NetworkTts,
  text: string,
  { rateHz = 16_000, signal = new AbortController().signal, onPiece }: SpeakOptions,
): Promise<Spoken> {
  const pcm: number[] = [];
  const words: SpokenWord[] = [];
  try {
    for await (const piece of tts.speak(text, { rateHz, signal })) {
      for (const sample of piece.pcm) pcm.push(sample);
      words.push(...piece.words);
      if (onPiece?.(piece) === false) break;
    }
  } catch (error) {
    return { pcm: Int16Array.from(pcm), words, error };
  }
  return { pcm: Int16Array.from(pcm), words, error: undefined };
}

/** Waits for something that is bound to happen. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 5) {
    assert.ok(waitedMs < 3_000, what);
    await sleep(5);
  }
}

/** The sentence as its words lie in sound without silence around it. */
export function expected(text: string): {
  readonly durationMs: number;
  readonly words: readonly SpokenWord[];
} {
  const { words } = toneSpeech(text, 8_000);
  const cutMs = words[0]!.startMs - LEAD_MS;
  return {
    durationMs: words.at(-1)!.endMs - cutMs + TAIL_MS,
    words: words.map(({ word, startMs, endMs }) => ({
      word,
      startMs: startMs - cutMs,
      endMs: endMs - cutMs,
    })),
  };
}

/** Each word is to be heard where it lies, at its own pitch, and nothing else. */
export function assertTones(text: string, pcm: Int16Array, rateHz: number): void {
  for (const { word, startMs, endMs } of expected(text).words) {
    const middle = pcm.subarray(((startMs + 20) * rateHz) / 1_000, ((endMs - 20) * rateHz) / 1_000);
    let crossings = 0;
    for (let at = 1; at < middle.length; at++) {
      if (middle[at - 1]! < 0 !== middle[at]! < 0) crossings += 1;
    }
    const heardHz = (crossings * rateHz) / 2 / middle.length;
    assert.ok(Math.abs(heardHz - pitchOf(word)) < 25, `${word} at ${heardHz} Hz, not ${pitchOf(word)} Hz`);
  }
}

export function assertDuration(text: string, pcm: Int16Array, rateHz: number): void {
  const [isMs, dueMs] = [(pcm.length * 1_000) / rateHz, expected(text).durationMs];
  assert.ok(Math.abs(isMs - dueMs) <= 25, `${isMs} ms, not ${dueMs} ms`);
}

/** A fault of this kind, that gives nothing away. */
export function assertFault(error: unknown, kind: FaultKind): asserts error is ProviderFault {
  assert.ok(error instanceof ProviderFault, `${error}`);
  assert.equal(error.code, 'TTS_FAILED');
  assert.equal(error.kind, kind);
  assert.doesNotMatch(`${error.message} ${error.detail}`, new RegExp(`${KEY}|piano|Friday`, 'u'));
}
