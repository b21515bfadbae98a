import { LIMITS } from '../../config/limits.ts';

/** Sounds and words that carry nothing wherever they stand. */
const FILLERS: ReadonlySet<string> = new Set(
  'uh um er ah hm hmm mhm well okay ok alright so please just'.split(' '),
);

/** Words around an answer that explain themselves: "it's on the third floor", "I live at 421 Maple Street". */
const CARRIERS: ReadonlySet<string> = new Set(
  (
    "a an the it it's its is i i'm i've i'd we we're we've we'd he she they you have has had got would like be will " +
    "that that's this my our your to from in on at of for with and by there there's are am do going moving move live " +
    'lives located address house number think guess believe say said called town city new old place ' +
    'pick up delivery about around maybe probably only exactly piano stairs building apartment home us me ' +
    'can could should want need let make thanks thank sir madam hi hello hey'
  ).split(' '),
);

const TOKEN =
  /\d{4}-\d{2}-\d{2}|\d{1,2}\/\d{1,2}(?:\/\d{4})?|\d+(?:st|nd|rd|th)?(?![a-z])|[a-z]+(?:'[a-z]+)*/g;

/**
 * The words of what was heard in lower case, numbers as they were written, everything else dropped.
 * Undefined when it is too long to be an answer: nobody says that much to one question.
 */
export function tokensOf(text: string): readonly string[] | undefined {
  if (text.length > LIMITS.heardCharacters) return undefined;
  const plain = text.normalize('NFKC').toLowerCase().replaceAll('’', "'");
  const words = plain.match(TOKEN) ?? [];
  if (words.length > LIMITS.heardWords) return undefined;
  const told = words.filter(word => !FILLERS.has(word));
  return told.length === 0 && words.some(word => word.startsWith('ok')) ? ['okay'] : told;
}

export function isCarrier(token: string): boolean {
  return CARRIERS.has(token);
}

/** Words that gazetteers and workflows must not use as a whole name, because they would never be heard. */
export function isFiller(token: string): boolean {
  return FILLERS.has(token);
}
