import type { SpokenWord } from '../providers/types.ts';

/** What is known of a sentence's sound by now. */
export interface KnownSound {
  readonly soundMs: number;
  readonly words: readonly SpokenWord[];
  /** No more comes. */
  readonly isWhole: boolean;
}

/**
 * The words of a sentence that were heard to their end when `heardMs` of its sound was heard, spelled as in the
 * sentence. A synthesiser may split words otherwise than the sentence does (numbers, abbreviations): then its share
 * of words decides which of the sentence's words were heard.
 */
export function heardText(
  sentence: string,
  { soundMs, words, isWhole }: KnownSound,
  heardMs: number,
): string {
  if (isWhole && heardMs >= soundMs) return sentence;
  const heardWords = words.filter(word => word.endMs <= heardMs).length;
  if (heardWords === 0) return '';
  const written = sentence.trim().split(/\s+/u);
  const toldInAll = isWhole ? words.length : written.length;
  return written.slice(0, Math.floor((written.length * heardWords) / toldInAll)).join(' ');
}

/** Sound after which something of the sentence was understood: the end of its first word, in milliseconds. */
export function firstWordMs({ soundMs, words, isWhole }: KnownSound): number {
  return words[0]?.endMs ?? (isWhole ? soundMs : Infinity);
}
