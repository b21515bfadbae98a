import type { SpokenSentence } from '../providers/types.ts';

/**
 * The words of a sentence that were heard to their end when `heardMs` of its sound was heard, spelled as in the
 * sentence. A synthesiser may split words otherwise than the sentence does (numbers, abbreviations): then its share
 * of words decides which of the sentence's words were heard.
 */
export function heardText(sentence: string, spoken: SpokenSentence, heardMs: number): string {
  const soundMs = (spoken.pcm.length * 1000) / spoken.rateHz;
  if (heardMs >= soundMs) return sentence;
  const heardWords = spoken.words.filter(word => word.endMs <= heardMs).length;
  if (heardWords === 0) return '';
  const words = sentence.trim().split(/\s+/u);
  return words.slice(0, Math.floor((words.length * heardWords) / spoken.words.length)).join(' ');
}

/** Media time after which something of the sentence was understood: the end of its first word. */
export function firstWordMs(spoken: SpokenSentence): number {
  return spoken.words[0]?.endMs ?? (spoken.pcm.length * 1000) / spoken.rateHz;
}
