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

const TOKEN = new RegExp(
  [
    String.raw`[a-z0-9][a-z0-9._+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)+`,
    String.raw`\d{4}-\d{2}-\d{2}`,
    String.raw`\d{1,2}\/\d{1,2}(?:\/(?:\d{4}|\d{2}))?(?!\d)`,
    String.raw`\d{1,2}:\d{2}(?!\d)`,
    String.raw`\d+(?:st|nd|rd|th)?(?![a-z0-9])`,
    // Letters and digits without a space: a code.
    String.raw`\d+[a-z][a-z0-9]*|[a-z]+\d[a-z0-9]*`,
    "[a-z]+(?:'[a-z]+)*",
  ].join('|'),
  'g',
);

/** How numbers are written, and in which words they are told: those that write them tell them apart by signs. */
const WRITTEN: readonly (readonly [RegExp, string])[] = [
  [/(?<=\d),(?=\d{3}(?!\d))/g, ''],
  [/(?<![\d.])(\d+)\.(\d+)(?![\d.])/g, '$1 point $2'],
  [/\$ ?(\d+(?: point \d+)?)k\b/g, '$1 thousand dollars '],
  [/\$ ?(\d+(?: point \d+)?)(?: ?(hundred|thousand|million|billion)\b)?/g, '$1 $2 dollars '],
  [/%/g, ' percent '],
  [/&/g, ' and '],
  [/(\d)([ap])m\b/g, '$1 $2m'],
  [/\b([ap])\. ?m\b\.?/g, '$1m'],
];

/** Of an answer as a rule, and of one in free words. */
const ANSWER = { characters: LIMITS.heardCharacters, words: LIMITS.heardWords } as const;
export const ACCOUNT = { characters: LIMITS.accountCharacters, words: LIMITS.accountWords } as const;

/** Text in plain letters: lower case, without accents. */
function plainOf(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll('’', "'");
}

/** "I think so", "that's okay": what is a filler elsewhere is the answer. */
function isMeant(word: string, before: string): boolean {
  if (word === 'so') return /^(?:think|believe|guess|suppose|hope)$/.test(before);
  return /^(?:ok|okay|alright)$/.test(word) && /^(?:that's|it's|is|be|sounds)$/.test(before);
}

/**
 * The words of what was heard in lower case, numbers as they were written, everything else dropped.
 * Undefined when it is too long to be an answer: nobody says that much to one question.
 */
export function tokensOf(
  text: string,
  most: { readonly characters: number; readonly words: number } = ANSWER,
): readonly string[] | undefined {
  if (text.length > most.characters) return undefined;
  const plain = WRITTEN.reduce((told, [written, words]) => told.replaceAll(written, words), plainOf(text));
  const words = plain.match(TOKEN) ?? [];
  if (words.length > most.words) return undefined;
  const told = words.filter((word, at) => !FILLERS.has(word) || isMeant(word, words[at - 1] ?? ''));
  return told.length === 0 && words.some(word => /^(ok|alright)/.test(word)) ? ['okay'] : told;
}

export function isCarrier(token: string): boolean {
  return CARRIERS.has(token);
}

/** Words that gazetteers and workflows must not use as a whole name, because they would never be heard. */
export function isFiller(token: string): boolean {
  return FILLERS.has(token);
}
