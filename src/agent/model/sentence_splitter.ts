/** Text before a comma or the like that is worth being spoken by itself, so that the first sound comes early. */
const CLAUSE_CHARACTERS = 8;
/** Endings after which no sentence ends. */
const ABBREVIATION =
  /(?:^|\s)(?:mr|mrs|ms|dr|st|no|vs|inc|ltd|jr|sr|e\.g|i\.e|a\.m|p\.m|approx|dept|est|[a-z])\.$/iu;
/** A full stop may stand within a number or an address, so what follows is waited for; behind a letter the others end it at once. */
const SENTENCE_END = /[.?!…]+["')\]”’]*(?=\s)|(?<=\p{L})[?!]+$/gu;
const CLAUSE_END = /[,;:–—](?=\s)|(?<=\p{L}),$/gu;
/** What is written for the eye is not spoken. */
const MARKUP = /[*_`#>|~]+|^\s*[-•]\s+/gmu;

/**
 * Cuts a model's text into sentences as it comes: each is given out as soon as it is certain that it is over. Of a long first
 * sentence the first clause is given out by itself.
 */
export class SentenceSplitter {
  #text = '';
  #isFirst = true;

  /** Takes more text; returns the sentences that are complete by now. */
  push(text: string): readonly string[] {
    this.#text += text;
    const sentences: string[] = [];
    for (let end = this.#end(); end > 0; end = this.#end()) sentences.push(...this.#take(end));
    return sentences;
  }

  /** There is no more: what is left. */
  end(): readonly string[] {
    return this.#take(this.#text.length);
  }

  #take(end: number): readonly string[] {
    const sentence = this.#text.slice(0, end).replace(MARKUP, '').replace(/\s+/gu, ' ').trim();
    this.#text = this.#text.slice(end);
    if (!/[\p{L}\p{N}]/u.test(sentence)) return [];
    this.#isFirst = false;
    return [sentence];
  }

  /** Where the first sentence of what is there ends; 0 where none does yet. */
  #end(): number {
    for (const { index, 0: mark } of this.#text.matchAll(SENTENCE_END)) {
      const end = index + mark.length;
      if (mark !== '.' || !ABBREVIATION.test(this.#text.slice(0, end))) return end;
    }
    const line = this.#text.indexOf('\n');
    if (line >= 0) return line + 1;
    if (!this.#isFirst) return 0;
    for (const { index } of this.#text.matchAll(CLAUSE_END)) if (index >= CLAUSE_CHARACTERS) return index + 1;
    return 0;
  }
}
