const SEPARATORS = /[\s\u2013\u2014\u2026]+|\.{2,}/u;
/** Letters with a full stop after each, such as p.m. */
const INITIALS = /^(?:\p{L}\.)+\p{L}?$/u;
const EDGE = /^[\p{P}\p{C}]$/u;

/**
 * The words of a provider's transcript as `Recognition.text` has them: lower case, one space between, no punctuation at their
 * edges. Apostrophes, hyphens and what else is inside of a word stay (o'clock, twenty-one, jo@example.org, 3.50, 1,200); so
 * does what belongs to a number: its sign, its currency, its per cent. Initials lose their full stops (p.m. is pm).
 */
export function plainWords(transcript: string): string {
  const words: string[] = [];
  for (const written of transcript.replaceAll(/[\u2018\u2019]/gu, "'").split(SEPARATORS)) {
    const word = plainWord(written.toLowerCase());
    if (word !== '') words.push(word);
  }
  return words.join(' ');
}

function plainWord(written: string): string {
  if (INITIALS.test(written)) return written.replaceAll('.', '');
  const characters = [...written];
  let first = 0;
  let end = characters.length;
  while (first < end && isEdge(characters[first]!) && !isSign(characters, first)) first++;
  while (end > first && isEdge(characters[end - 1]!) && !isPerCent(characters, end - 1)) end--;
  const word = characters.slice(first, end).join('');
  return INITIALS.test(`${word}.`) ? word.replaceAll('.', '') : word;
}

function isEdge(character: string): boolean {
  return EDGE.test(character);
}

function isSign(characters: readonly string[], at: number): boolean {
  return characters[at] === '-' && isDigit(characters[at + 1]);
}

function isPerCent(characters: readonly string[], at: number): boolean {
  return characters[at] === '%' && isDigit(characters[at - 1]);
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && /^\d$/u.test(character);
}
