/** The words of a text as they sound: lower case, without accents, marks and what can't be seen. */
export function spokenWords(text: string): readonly string[] {
  const plain = text
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{Cf}]/gu, '')
    .toLowerCase()
    .replaceAll('’', "'");
  return plain.match(/[\p{L}\p{N}]+(?:'\p{L}+)*/gu) ?? [];
}

/** Whether words stand one after the other in others, the last of them at `from` or behind it. */
export function hasWords(words: readonly string[], phrase: readonly string[], from = 0): boolean {
  if (phrase.length === 0) return false;
  const first = Math.max(0, from - phrase.length + 1);
  for (let at = first; at + phrase.length <= words.length; at += 1) {
    if (phrase.every((word, index) => words[at + index] === word)) return true;
  }
  return false;
}
