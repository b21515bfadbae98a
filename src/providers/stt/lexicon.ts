import { readFile } from 'node:fs/promises';
import { TrunklineError } from '../../config/errors.ts';

/** Pronunciations of a word: phones of the CMU set separated by spaces. */
export type Pronunciations = ReadonlyMap<string, readonly string[]>;

/** Finds pronunciations for words that no dictionary has. Words it cannot do are left out. */
export type LetterToSound = (words: readonly string[]) => Promise<Pronunciations>;

/**
 * What the dictionary, an American one, lacks: names of letters, and short words as they are said in Britain, where "o" is
 * another diphthong, or as they come through a telephone, which takes the "s" off "stop". They are told apart by little
 * else: a "stop" was an "okay" for half of the voices.
 */
const ADDED: ReadonlyMap<string, readonly string[]> = new Map([
  ['z', ['Z EH D']],
  ['z.', ['Z EH D']],
  ['go', ['G AH UW']],
  ['good', ['G AH', 'G UH']],
  ['hello', ['AH L AY UW', 'HH AH L AH UW', 'AH L AW']],
  ['hold', ['HH AH UW L D']],
  ['no', ['N AH UW']],
  ['okay', ['OW K AY', 'AH UW K EY']],
  ['stop', ['S T OW P', 'T OW P', 'S T AO P']],
]);

/**
 * The pronouncing dictionary (https://github.com/cmusphinx/cmudict: "word PH ON ES", "word(2) …" for a second way).
 * Of its 130,000 words only where they stand is kept: never are all of them in use.
 */
export class Lexicon {
  readonly #text: string;
  /** Where each word's lines begin. */
  readonly #lines: ReadonlyMap<string, readonly number[]>;
  readonly #letterToSound: LetterToSound;
  readonly #known = new Map<string, readonly string[]>();

  private constructor(text: string, letterToSound: LetterToSound) {
    this.#text = text;
    this.#lines = linesOf(text);
    this.#letterToSound = letterToSound;
  }

  static async load(path: string, letterToSound: LetterToSound): Promise<Lexicon> {
    return new Lexicon(await readFile(path, 'latin1'), letterToSound);
  }

  /** @throws TrunklineError GRAMMAR_INVALID when a word has no sound at all */
  async pronounce(words: readonly string[]): Promise<Pronunciations> {
    const wanted = new Set(words.filter(word => !this.#known.has(word)));
    for (const word of wanted) {
      const sounds = this.#soundsOf(word);
      if (sounds.length > 0) this.#known.set(word, [...sounds, ...(ADDED.get(word) ?? [])]);
    }
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

  #soundsOf(word: string): string[] {
    const text = this.#text;
    const sounds = (start: number) => text.slice(text.indexOf(' ', start) + 1, endOfLine(text, start)).trim();
    return (this.#lines.get(word) ?? []).map(sounds);
  }
}

function linesOf(text: string): Map<string, number[]> {
  const lines = new Map<string, number[]>();
  for (let start = 0; start < text.length; start = endOfLine(text, start) + 1) {
    const entry = text.slice(start, text.indexOf(' ', start));
    const word = entry.endsWith(')') ? entry.slice(0, entry.lastIndexOf('(')) : entry;
    const known = lines.get(word);
    if (known === undefined) lines.set(word, [start]);
    else known.push(start);
  }
  return lines;
}

function endOfLine(text: string, start: number): number {
  const newline = text.indexOf('\n', start);
  return newline < 0 ? text.length : newline;
}
