import { LIMITS } from '../config/limits.ts';
import type { AnsweredBy } from '../providers/use.ts';
import { Answerers } from './answerers.ts';
import { GIVEN_UP } from './given_up.ts';
import type { CallAudio } from './ports.ts';
import type { Response } from './responder.ts';
import type { Sounding, Utterance } from './sounding.ts';
import { SoundingSentence } from './sounding_sentence.ts';
import type { Speaker, Voice } from './voice.ts';

/** The speech of a response, in the manner that the caller asked for. */
export function speechOf(audio: CallAudio, voice: Voice, { step, sentences, spoken }: Response): AgentSpeech {
  return new AgentSpeech(audio, voice.delivered(step.delivery), spoken ?? sentences);
}

interface QueuedSentence {
  readonly sentence: Sounding;
  /** Where its first sample lies, as CallAudio counts. */
  readonly position: number;
}

/**
 * One stretch of agent speech, sentence by sentence: while one is queued and heard, the next is rendered, no more, so
 * that an interruption wastes little. Its first sentence is rendered from the beginning on, and heard once `say` is called;
 * then it belongs to the generation of that moment and ends with it.
 */
export class AgentSpeech {
  readonly #audio: CallAudio;
  readonly #voice: Speaker;
  readonly #sentences: AsyncIterator<Utterance>;
  readonly #queued: QueuedSentence[] = [];
  readonly #stopped = new AbortController();
  #next: Promise<Sounding | undefined>;
  #firstSentenceMs: number | undefined;
  #firstSoundMs: number | undefined;
  /** Of its sentences. */
  readonly #voices = new Answerers();
  #wasFirstAsked = false;
  #characters = 0;
  #generation: number | undefined;
  #end = 0;
  #settled = false;

  /** Takes the sentences as they come, in bounded number. */
  constructor(audio: CallAudio, voice: Speaker, sentences: AsyncIterable<Utterance>) {
    this.#audio = audio;
    this.#voice = voice;
    this.#sentences = sentences[Symbol.asyncIterator]();
    this.#next = this.#render();
  }

  /** Media time at which its first sentence was known, and its first sound was there; undefined before. */
  get firstSentenceMs(): number | undefined {
    return this.#firstSentenceMs;
  }

  get firstSoundMs(): number | undefined {
    return this.#firstSoundMs;
  }

  /** Who spoke its first sentence; undefined before, and where that was kept from before. */
  get spokenBy(): AnsweredBy | undefined {
    return this.#wasFirstAsked ? this.#voices.first : undefined;
  }

  /** Who spoke any of it, by name and in order. */
  get voices(): readonly string[] {
    const { first, wentOn } = this.#voices;
    return first === undefined ? [] : [first.provider, ...wentOn];
  }

  /** Undefined as long as nothing is to be heard. */
  get generation(): number | undefined {
    return this.#generation;
  }

  /** Resolves when all is queued, or nothing more will be. Rejects with TTS_FAILED, or as the sentences do. */
  async say(): Promise<void> {
    this.#generation = this.#audio.generation;
    try {
      for (let sentence = await this.#next; sentence !== undefined; sentence = await this.#next) {
        this.#next = this.#render();
        if (!(await this.#queue(sentence))) return;
      }
    } catch (error) {
      if (!this.#stopped.signal.aborted) throw error;
    } finally {
      this.#settled = true;
      void this.#sentences.return?.().catch(() => undefined);
    }
  }

  /** No further sentence; what is queued may still be heard. */
  stop(): void {
    this.#stopped.abort(GIVEN_UP);
    if (this.#generation === undefined) void this.#sentences.return?.().catch(() => undefined);
  }

  /** True once something is queued for the caller. */
  get begun(): boolean {
    return this.#queued.length > 0;
  }

  /** True while the caller hears it: from the first sample to the last one queued. */
  audible(playedSamples: number): boolean {
    const [first] = this.#queued;
    return first !== undefined && playedSamples > first.position && playedSamples < this.#end;
  }

  firstWordHeard(playedSamples: number): boolean {
    const [first] = this.#queued;
    return first !== undefined && this.#ms(playedSamples - first.position) >= first.sentence.firstWordMs;
  }

  /** True from the first sample of the last sentence on. */
  inLastSentence(playedSamples: number): boolean {
    const last = this.#queued.at(-1);
    return this.#settled && last !== undefined && playedSamples >= last.position;
  }

  /** True when all that will ever be queued was heard. */
  over(playedSamples: number): boolean {
    return this.#settled && playedSamples >= this.#end;
  }

  /** What the caller has heard of it, in whole words. */
  heard(playedSamples: number): string {
    return this.#queued
      .map(({ sentence, position }) => sentence.heard(this.#ms(playedSamples - position)))
      .filter(text => text !== '')
      .join(' ');
  }

  /** No more of it will be heard. */
  close(playedSamples: number): void {
    for (const { sentence, position } of this.#queued)
      sentence.close?.(Math.max(0, this.#ms(playedSamples - position)));
  }

  #ms(samples: number): number {
    return (samples * 1000) / this.#audio.rateHz;
  }

  /** Begins to render the next sentence, where there is one and the turn may hold it. */
  #render(): Promise<Sounding | undefined> {
    const sentence = this.#nextUtterance().then(utterance => {
      if (utterance === undefined) return undefined;
      const isFirst = this.#firstSentenceMs === undefined;
      this.#firstSentenceMs ??= this.#audio.mediaMs();
      const onSound = () => {
        this.#firstSoundMs ??= this.#audio.mediaMs();
      };
      if (typeof utterance !== 'string') return utterance.begin(onSound);
      const { rateHz } = this.#audio;
      const onAnswer = (by: AnsweredBy) => {
        if (isFirst) this.#wasFirstAsked = true;
        this.#voices.note(by);
      };
      const pieces = this.#voice.speak(utterance, rateHz, this.#stopped.signal, onAnswer);
      return new SoundingSentence(utterance, pieces, this.#audio.rateHz, onSound);
    });
    // A failure counts when its turn to be heard comes, not before.
    sentence.catch(() => undefined);
    return sentence;
  }

  /** What a turn may hold is cut at a sentence; what brings its own sound is bounded by whoever speaks it. */
  async #nextUtterance(): Promise<Utterance | undefined> {
    for (;;) {
      if (this.#stopped.signal.aborted) return undefined;
      const next = await this.#sentences.next();
      if (next.done === true) return undefined;
      if (typeof next.value !== 'string') return next.value;
      const text = next.value.trim().slice(0, LIMITS.turnCharacters);
      this.#characters += text.length + 1;
      if (text !== '') return this.#characters > LIMITS.turnCharacters + 1 ? undefined : text;
    }
  }

  async #queue(sentence: Sounding): Promise<boolean> {
    const generation = this.#generation ?? 0;
    const pieceSamples = LIMITS.speechPieceSeconds * this.#audio.rateHz;
    let isFirst = true;
    for (let pcm = await sentence.next(); pcm !== undefined; pcm = await sentence.next()) {
      for (let from = 0; from < pcm.length; from += pieceSamples) {
        if (this.#stopped.signal.aborted) return false;
        const piece = pcm.subarray(from, from + pieceSamples);
        const position = await this.#audio.speak(generation, piece);
        if (position === undefined) return false;
        if (isFirst) this.#queued.push({ sentence, position });
        isFirst = false;
        this.#end = position + piece.length;
      }
    }
    return true;
  }
}
