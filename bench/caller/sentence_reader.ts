import type { Part, Placeholder, Prompt, PromptBook } from './prompts.ts';

/** A sentence of the agent as it was recognised. */
export interface HeardSentence {
  readonly prompt: Prompt;
  /** Key of each placeholder's words. */
  readonly values: ReadonlyMap<string, string>;
}

const MAX_PLACEHOLDER_WORDS = 24;

interface Match {
  readonly end: number;
  readonly values: ReadonlyMap<string, string>;
}

interface Best {
  /** Words that belong to no sentence. */
  readonly strays: number;
  readonly sentences: readonly HeardSentence[];
}

/** Cuts a turn's words into sentences of the book such that the fewest words, and the fewest sentences, are left over. */
export function readSentences(words: readonly string[], book: PromptBook): Best {
  const best: Best[] = [];
  best[words.length] = { strays: 0, sentences: [] };
  for (let from = words.length - 1; from >= 0; from -= 1) {
    const rest = best[from + 1]!;
    best[from] = { strays: rest.strays + 1, sentences: rest.sentences };
    for (const prompt of book.prompts) {
      const match = matchParts(prompt.parts, words, from, book.placeholders);
      if (match === undefined) continue;
      const after = best[match.end]!;
      const sentences = [{ prompt, values: match.values }, ...after.sentences];
      const found = { strays: after.strays, sentences };
      if (isBetter(found, best[from]!)) best[from] = found;
    }
  }
  return best[0]!;
}

function isBetter(one: Best, other: Best): boolean {
  if (one.strays !== other.strays) return one.strays < other.strays;
  return one.sentences.length < other.sentences.length;
}

/** One sentence of a book at a place among the words; undefined when it is not there. */
export function matchParts(
  [part, ...rest]: readonly Part[],
  words: readonly string[],
  from: number,
  placeholders: ReadonlyMap<string, Pick<Placeholder, 'read'>>,
): Match | undefined {
  if (part === undefined) return { end: from, values: new Map() };
  if ('word' in part)
    return words[from] === part.word ? matchParts(rest, words, from + 1, placeholders) : undefined;
  const longest = Math.min(words.length - from, MAX_PLACEHOLDER_WORDS);
  for (let length = longest; length > 0; length -= 1) {
    const value = placeholders.get(part.placeholder)?.read(words.slice(from, from + length));
    if (value === undefined) continue;
    const match = matchParts(rest, words, from + length, placeholders);
    if (match !== undefined)
      return { end: match.end, values: new Map([...match.values, [part.placeholder, value]]) };
  }
  return undefined;
}
