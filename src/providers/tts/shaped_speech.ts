import { ProviderFault } from '../provider_fault.ts';
import type { SpokenPiece, SpokenWord } from '../types.ts';
import { EdgeSilence, joined } from './edge_silence.ts';
import { SampleReader } from './sample_reader.ts';
import { SentenceWords } from './sentence_words.ts';
import type { FeedEvent } from './speech_feed.ts';
import { StreamResampler } from './stream_resampler.ts';
import type { SentenceGain, VoiceLevel } from './voice_level.ts';

/** Words wait for the first sound, whose place they are counted from; more of them are dropped. */
const MOST_WORDS = 2_000;

interface ShapeOptions {
  /** Provider's name, for errors. */
  readonly name: string;
  readonly sentence: string;
  readonly fromHz: number;
  readonly rateHz: 8000 | 16000;
  readonly level: VoiceLevel;
}

/**
 * Makes a provider's sound what a call expects, as it comes: samples at the rate asked for, at the level of a telephone,
 * without silence around it; and of its tokens the sentence's words with their times in that sound. Throws a fault of kind
 * protocol where there was none.
 */
export async function* shapedSpeech(
  events: AsyncIterable<FeedEvent>,
  options: ShapeOptions,
): AsyncGenerator<SpokenPiece> {
  const shape = new Shape(options);
  try {
    for await (const event of events) {
      if (event.type === 'sound') shape.sound(event.bytes);
      else shape.words(event.tokens);
      const piece = shape.ready();
      if (piece !== undefined) yield piece;
    }
    shape.end();
    const rest = shape.ready();
    if (rest !== undefined) yield rest;
    if (!shape.hasSound) throw new ProviderFault('TTS_FAILED', 'protocol', `${options.name} said nothing`);
  } catch (error) {
    if (!(error instanceof ProviderFault)) throw error;
    // What was held for a filter or a pause belongs to what came.
    shape.brokenOff();
    const rest = shape.ready();
    if (rest !== undefined) yield rest;
    throw error;
  } finally {
    shape.learn();
  }
}

class Shape {
  readonly #reader = new SampleReader();
  readonly #resampler: StreamResampler;
  readonly #edges: EdgeSilence;
  readonly #rateHz: number;
  readonly #level: VoiceLevel;
  readonly #aligned: SentenceWords;
  #gain: SentenceGain | undefined;
  #pcm: Int16Array[] = [];
  #words: SpokenWord[] = [];

  constructor(options: ShapeOptions) {
    this.#resampler = new StreamResampler(options.fromHz, options.rateHz);
    this.#edges = new EdgeSilence(options.rateHz);
    this.#rateHz = options.rateHz;
    this.#level = options.level;
    this.#aligned = new SentenceWords(options.sentence);
  }

  sound(bytes: Uint8Array): void {
    this.#push(this.#edges.push(this.#resampler.push(this.#reader.read(bytes))));
  }

  words(tokens: Extract<FeedEvent, { type: 'words' }>['tokens']): void {
    for (const token of tokens) {
      if (this.#words.length < MOST_WORDS) this.#words.push(...this.#aligned.take(token));
    }
  }

  end(): void {
    this.brokenOff();
    this.#words.push(...this.#aligned.rest());
  }

  brokenOff(): void {
    this.#push(this.#edges.push(this.#resampler.end()));
    this.#push(this.#edges.end());
  }

  learn(): void {
    this.#gain?.end();
  }

  get hasSound(): boolean {
    return this.#gain !== undefined;
  }

  ready(): SpokenPiece | undefined {
    const cut = this.#edges.cutSamples;
    if (cut === undefined) return undefined;
    const cutMs = Math.round((cut * 1000) / this.#rateHz);
    const pcm = this.#pcm.length === 1 ? this.#pcm[0]! : joined(this.#pcm);
    const words = this.#words.map(({ word, startMs, endMs }) => ({
      word,
      startMs: Math.max(0, startMs - cutMs),
      endMs: Math.max(0, endMs - cutMs),
    }));
    this.#pcm = [];
    this.#words = [];
    return pcm.length > 0 || words.length > 0 ? { pcm, words } : undefined;
  }

  #push(pcm: Int16Array): void {
    if (pcm.length === 0) return;
    this.#gain ??= this.#level.begin(pcm, this.#rateHz);
    this.#pcm.push(this.#gain.apply(pcm));
  }
}
