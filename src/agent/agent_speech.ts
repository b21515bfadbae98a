import { LIMITS } from '../config/limits.ts';
import type { SpokenSentence } from '../providers/types.ts';
import { firstWordMs, heardText } from './heard_text.ts';
import type { CallAudio } from './ports.ts';
import type { Voice } from './voice.ts';

interface QueuedSentence {
  readonly text: string;
  readonly spoken: SpokenSentence;
  /** Where its first sample lies, as CallAudio counts. */
  readonly position: number;
}

/**
 * One stretch of agent speech, sentence by sentence: while one is queued and heard, the next is rendered, no more, so
 * that an interruption wastes little. It belongs to the generation in which it began and ends with it.
 */
export class AgentSpeech {
  readonly generation: number;
  readonly #audio: CallAudio;
  readonly #voice: Voice;
  readonly #queued: QueuedSentence[] = [];
  readonly #stopped = new AbortController();
  #end = 0;
  #settled = false;

  constructor(audio: CallAudio, voice: Voice) {
    this.#audio = audio;
    this.#voice = voice;
    this.generation = audio.generation;
  }

  /** Resolves when all is queued, or nothing more will be. Rejects with TTS_FAILED. */
  async say(say: readonly string[], onFirstAudio: () => void): Promise<void> {
    const sentences = withinLimit(say);
    try {
      let rendering = this.#render(sentences[0]);
      for (const [index, text] of sentences.entries()) {
        const spoken = await rendering;
        rendering = this.#render(sentences[index + 1]);
        if (spoken === undefined || !(await this.#queue(text, spoken, onFirstAudio))) return;
      }
    } catch (error) {
      if (!this.#stopped.signal.aborted) throw error;
    } finally {
      this.#settled = true;
    }
  }

  /** No further sentence; what is queued may still be heard. */
  stop(): void {
    this.#stopped.abort();
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
    return first !== undefined && this.#ms(playedSamples - first.position) >= firstWordMs(first.spoken);
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
      .map(({ text, spoken, position }) => heardText(text, spoken, this.#ms(playedSamples - position)))
      .filter(text => text !== '')
      .join(' ');
  }

  #ms(samples: number): number {
    return (samples * 1000) / this.#audio.rateHz;
  }

  #render(sentence: string | undefined): Promise<SpokenSentence | undefined> {
    if (sentence === undefined) return Promise.resolve(undefined);
    const rendering = this.#voice.render(sentence, this.#audio.rateHz, this.#stopped.signal);
    // A failure counts when its turn to be heard comes, not before.
    rendering.catch(() => undefined);
    return rendering;
  }

  async #queue(text: string, spoken: SpokenSentence, onFirstAudio: () => void): Promise<boolean> {
    const pieceSamples = LIMITS.speechPieceSeconds * this.#audio.rateHz;
    for (let from = 0; from < spoken.pcm.length; from += pieceSamples) {
      if (this.#stopped.signal.aborted) return false;
      const piece = spoken.pcm.subarray(from, from + pieceSamples);
      const position = await this.#audio.speak(this.generation, piece);
      if (position === undefined) return false;
      if (this.#queued.length === 0) onFirstAudio();
      if (from === 0) this.#queued.push({ text, spoken, position });
      this.#end = position + piece.length;
    }
    return true;
  }
}

/** What a turn may hold, cut at a sentence. */
function withinLimit(say: readonly string[]): string[] {
  let characters = 0;
  return say
    .map(sentence => sentence.trim().slice(0, LIMITS.turnCharacters))
    .filter(sentence => {
      if (sentence === '') return false;
      characters += sentence.length + 1;
      return characters <= LIMITS.turnCharacters + 1;
    });
}
