import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** flite's phones that CMU's dictionary writes another way. */
const CMU_PHONES: Readonly<Record<string, string>> = {
  ax: 'AH',
  axr: 'ER',
  ix: 'IH',
  el: 'AH L',
  em: 'AH M',
  en: 'AH N',
};
const GUESS_LIMIT_MS = 2000;

/** How words sound, from the model's dictionary; for words that it lacks, from the synthesiser's letter-to-sound rules. */
export class Pronunciations {
  readonly #known = new Map<string, string[]>();
  readonly #flite: string;

  constructor(modelDir: string, flite: string) {
    this.#flite = flite;
    for (const line of readFileSync(join(modelDir, 'cmudict-en-us.dict'), 'utf8').split('\n')) {
      const space = line.indexOf(' ');
      if (space < 0) continue;
      const word = line.slice(0, space).replace(/\(\d+\)$/, '');
      const variants = this.#known.get(word) ?? [];
      variants.push(line.slice(space + 1));
      this.#known.set(word, variants);
    }
  }

  /** Phones in CMU's set, one string a variant; empty when nobody knows. */
  of(word: string): readonly string[] {
    const known = this.#known.get(word) ?? this.#guess(word);
    this.#known.set(word, known);
    return known;
  }

  #guess(word: string): string[] {
    const { stdout } = spawnSync(this.#flite, ['-t', word, '-ps', '-o', 'none'], {
      encoding: 'utf8',
      timeout: GUESS_LIMIT_MS,
    });
    const phones = (stdout ?? '')
      .trim()
      .split(/\s+/)
      .filter(phone => phone !== 'pau' && /^[a-z]+$/.test(phone))
      .map(phone => CMU_PHONES[phone] ?? phone.toUpperCase());
    return phones.length === 0 ? [] : [phones.join(' ')];
  }
}
