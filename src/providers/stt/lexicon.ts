import { readFile } from 'node:fs/promises';
import { TrunklineError } from '../../config/errors.ts';

/** Pronunciations of a word: phones of the CMU set separated by spaces. */
export type Pronunciations = ReadonlyMap<string, readonly string[]>;

/** Finds pronunciations for words that no dictionary has. Words it cannot do are left out. */
export type LetterToSound = (words: readonly string[]) => Promise<Pronunciations>;

/** Names of letters that the dictionary lacks. */
const ADDED: ReadonlyMap<string, readonly string[]> = new Map([
  ['z', ['Z EH D']],
  ['z.', ['Z EH D']],
]);

/**
 * The pronouncing dictionary (https://github.com/cmusphinx/cmudict: "word PH ON ES", "word(2) …" for a second way).
 * Its text is searched once per grammar for the words that grammar has; 130,000 words are never all in use.
 */
export class Lexicon {
  readonly #text: string;
  readonly #letterToSound: LetterToSound;
  readonly #known = new Map<string, readonly string[]>();

  private constructor(text: string, letterToSound: LetterToSound) {
    this.#text = text;
    this.#letterToSound = letterToSound;
  }

  static async load(path: string, letterToSound: LetterToSound): Promise<Lexicon> {
    return new Lexicon(await readFile(path, 'latin1'), letterToSound);
  }

  /** @throws TrunklineError GRAMMAR_INVALID when a word has no sound at all */
  async pronounce(words: readonly string[]): Promise<Pronunciations> {
    const wanted = new Set(words.filter(word => !this.#known.has(word)));
    for (const [word, sounds] of this.#search(wanted))
      this.#known.set(word, [...sounds, ...(ADDED.get(word) ?? [])]);
    const missing = [...wanted].filter(word => !this.#known.has(word));
    if (missing.length > 0) {
      for (const [word, sounds] of await this.#letterToSound(missing)) this.#known.set(word, sounds);
    }
    const silent = words.filter(word => !this.#known.has(word));
    if (silent.length > 0) {
      throw new TrunklineError('GRAMMAR_INVALID', `${silent.length} of its words cannot be pronounced`);
    }
    return new Map(words.map(word => [word, this.#known.get(word)!]));
  }

  #search(wanted: ReadonlySet<string>): Map<string, string[]> {
    const found = new Map<string, string[]>();
    if (wanted.size === 0) return found;
    for (let start = 0; start < this.#text.length; ) {
      const newline = this.#text.indexOf('\n', start);
      const end = newline < 0 ? this.#text.length : newline;
      const space = this.#text.indexOf(' ', start);
      const entry = this.#text.slice(start, space);
      const word = entry.endsWith(')') ? entry.slice(0, entry.lastIndexOf('(')) : entry;
      if (wanted.has(word)) {
        const sounds = found.get(word) ?? [];
        sounds.push(this.#text.slice(space + 1, end).trim());
        found.set(word, sounds);
      }
      start = end + 1;
    }
    return found;
  }
}
