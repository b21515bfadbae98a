import { LIMITS } from '../../config/limits.ts';
import type { Expectation } from '../types.ts';

/**
 * Words that a provider is told to expect: each once, without what some of them refuse (line ends and angle brackets), in the
 * order given and up to the limits.
 */
export function hintWords({ hints = [] }: Pick<Expectation, 'hints'>): readonly string[] {
  const words = new Set<string>();
  let characters = 0;
  for (const hint of hints) {
    const word = hint.replaceAll(/[<>\s]+/gu, ' ').trim();
    if (word === '' || word.length > LIMITS.sttHintCharacters || words.has(word)) continue;
    characters += word.length;
    if (words.size >= LIMITS.sttHints || characters > LIMITS.sttHintsCharacters) break;
    words.add(word);
  }
  return [...words];
}
