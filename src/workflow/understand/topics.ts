import { type PatternIndex as Index, PatternIndex } from './intents/pattern.ts';
import { isDenied } from './intents/scope.ts';
import { plainWords } from './plain_words.ts';
import { isFiller } from './tokens.ts';

/** Words that bring a topic up: their places among the words, from one up to another. */
export interface FoundTopic {
  readonly topic: string;
  readonly from: number;
  readonly to: number;
}

interface Topics {
  readonly [topic: string]: { readonly kind: 'objection' | 'question'; readonly phrases: readonly string[] };
}

/** Finds what a workflow's callers may bring up at any time. */
export class TopicFinder {
  readonly #index: Index<{ readonly topic: string; readonly isObjection: boolean }>;

  /** @throws Error for a phrase that is no pattern */
  constructor(topics: Topics) {
    this.#index = new PatternIndex(
      Object.entries(topics).flatMap(([topic, { kind, phrases }]) =>
        phrases.map(phrase => [patternOf(phrase), { topic, isObjection: kind === 'objection' }] as const),
      ),
    );
  }

  /** The topic of which most words are said; what is denied is no objection. */
  find(tokens: readonly string[]): FoundTopic | undefined {
    const { words, places } = plainWords(tokens);
    let best: FoundTopic | undefined;
    for (const { value, from, to } of this.#index.matches(words)) {
      const found = { topic: value.topic, from: places[from] ?? 0, to: (places[to - 1] ?? 0) + 1 };
      if (best !== undefined && found.to - found.from <= best.to - best.from) continue;
      if (!value.isObjection || !isDenied(words, from) || isAskedBefore(words, from)) best = found;
    }
    return best;
  }
}

/** "Isn't it …" and "is it not …" say that it is. */
const NEGATED_QUESTION =
  /(^| )(is|are|was|does|do|would|will) (not (it|that|this|they)|(it|that|this|they) not)( \w+)?$/;

function isAskedBefore(words: readonly string[], from: number): boolean {
  return NEGATED_QUESTION.test(words.slice(Math.max(0, from - 4), from).join(' '));
}

/**
 * A phrase as what is heard is looked through: nothing drawn together, and no words that carry nothing.
 * @throws Error for a pattern with words drawn together in it
 */
export function patternOf(phrase: string): string {
  const elements = phrase.split(' ').flatMap(element => {
    if (/^[a-z0-9']+$/.test(element)) return plainWords([element]).words;
    if (element.includes("'")) throw new Error(`write ${element} out: do not instead of don't`);
    return [element];
  });
  return elements.flatMap(withoutFillers).join(' ');
}

/** Fillers are not heard, and what may be one of them may be missing. */
function withoutFillers(element: string): readonly string[] {
  if (!element.includes('|')) return isFiller(element) ? [] : [element];
  const suffix = /[?*]$/.exec(element)?.[0] ?? '';
  const words = element.slice(0, element.length - suffix.length).split('|');
  const heard = words.filter(word => !isFiller(word));
  if (heard.length === 0) return [];
  return [`${heard.join('|')}${heard.length < words.length && suffix === '' ? '?' : suffix}`];
}
