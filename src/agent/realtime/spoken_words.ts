import { SaidWords } from '../model/said_words.ts';
import type { SpeechSound } from './speech_sound.ts';

type Speaker = Parameters<SaidWords['add']>[0];

/** What was given out in one answer, of which some is sound of the model's own: its words are known by and by. */
export class SpokenWords {
  readonly #pieces: { readonly by: Speaker; readonly utterance: string | SpeechSound }[] = [];

  add(by: Speaker, utterance: string | SpeechSound): void {
    this.#pieces.push({ by, utterance });
  }

  has(sound: SpeechSound): boolean {
    return this.#pieces.some(({ utterance }) => utterance === sound);
  }

  get isEmpty(): boolean {
    return this.#pieces.every(({ by }) => by === 'filler');
  }

  /** What the model itself said. */
  get model(): string {
    return this.#said.model;
  }

  /** All but what only bridges a wait. */
  get all(): string {
    return this.#said.all;
  }

  /** The same of what was heard, of which the last piece may be cut. */
  heard(text: string): string {
    return this.#said.heard(text);
  }

  get #said(): SaidWords {
    const said = new SaidWords();
    for (const { by, utterance } of this.#pieces)
      said.add(by, [typeof utterance === 'string' ? utterance : utterance.text]);
    return said;
  }
}
