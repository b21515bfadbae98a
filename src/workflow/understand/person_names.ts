import { FIRST_NAMES, LAST_NAMES } from './known_names.ts';
import { alphabetRun, letterAt, readLetters } from './letters.ts';
import { PhraseTable } from './phrases.ts';
import { spellingCost } from './spelling.ts';
import { COMMANDS_SAID, NO, YES } from './words.ts';

/** Said before a name; those of the first list only before one. */
const STRONG_LEADS = [
  'my name is',
  "my name's",
  'the name is',
  "the name's",
  'my full name is',
  'you can call me',
  'call me',
];
const WEAK_LEADS = [
  "it's",
  'it is',
  'this is',
  "i'm",
  'i am',
  "that's",
  'that is',
  "that's for",
  'name is',
  'my first name is',
  'first name is',
  'first name',
  'my last name is',
  'last name is',
  'put me down as',
  'under the name of',
  'yes this is',
  'sure this is',
  'sure it is',
  "sure it's",
  'speaking with',
  'you are speaking with',
  "you're speaking with",
];
const strongLeads = new PhraseTable<true>(STRONG_LEADS.map(lead => [lead, true]));
const leads = new PhraseTable<true>([...STRONG_LEADS, ...WEAK_LEADS].map(lead => [lead, true]));
const titles: ReadonlySet<string> = new Set('mr mister mrs missus ms miss dr doctor'.split(' '));
/** Between a first and a last name, or behind a name. */
const last = new PhraseTable<true>(
  [
    'last name',
    'last name is',
    'and last name',
    'and the last name is',
    'and my last name is',
    'surname',
    'family name',
  ].map(phrase => [phrase, true]),
);
const spelled = new PhraseTable<true>(
  [
    'spelled',
    'spelt',
    "that's",
    'that is',
    "that's spelled",
    'which is spelled',
    'spelled out',
    'spelling is',
    "it's spelled",
    'and that is spelled',
    "and that's spelled",
  ].map(phrase => [phrase, true]),
);
const behind = new PhraseTable<true>(
  ['is my name', 'is the name', 'here', 'speaking', 'calling', 'is my full name', 'on the line'].map(
    phrase => [phrase, true],
  ),
);

/** Words that are no part of a name, though some people are called so. */
const NO_NAMES: ReadonlySet<string> = new Set([
  ...[...YES, ...NO, ...COMMANDS_SAID].flatMap(phrase => phrase.split(' ')),
  ...(
    'a an the and or but so if then than because as of to from in on at for with by about into over under up down out off i ' +
    "i'm i've i'd i'll me my mine you your yours he him his she her hers it it's its we we're we've us our they them their " +
    "this that that's these those there there's here what what's which who who's whose when where why how is isn't was " +
    "wasn't are aren't were be been being am do don't does doesn't did didn't done have haven't has had having can can't " +
    "cannot could couldn't should would wouldn't shall won't must might need needs want wants wanted go goes going " +
    'gonna gone get gets got give gives take takes make makes made say says said tell tells told know knows think guess ' +
    'hope believe mean means look looking see like likes let lets put call calls called calling speak speaking talk ask ' +
    'asking help thing things something anything nothing nobody somebody someone everyone everything not never always ' +
    'also too very really quite again still yet now later today tomorrow yesterday name names first last full spell ' +
    'spelled spelling letter letters number phone email address zip code please thanks thank hello hi hey sir madam maam ' +
    'okay ok alright good great fine bad yourself myself other another same different all any some more most much many ' +
    'dollars percent year years month months week weeks day days policy insurance quote business company car house dot ' +
    'com sorry actually wait rather correction zero one two three four five six seven eight nine ten hundred thousand ' +
    'mumble silence noise unknown none whatever ridiculous wrong before after maybe probably kind sort just well uh um'
  ).split(' '),
]);
/** Where a name is said without more it comes first, or behind one of these. */
const BEFORE: ReadonlySet<string> = new Set(
  'no nope yes yeah yep sure okay sorry actually mean meant rather wait correction hi hello hey here certainly'.split(
    ' ',
  ),
);
const GIVEN: ReadonlySet<string> = new Set(FIRST_NAMES);
const KNOWN: ReadonlySet<string> = new Set([...FIRST_NAMES, ...LAST_NAMES]);
const MOST_WORDS = 5;
const SUFFIXES: ReadonlyMap<string, string> = new Map(
  Object.entries({ junior: 'Jr', jr: 'Jr', senior: 'Sr', sr: 'Sr' }),
);
/** A spelling is another way to write a word up to this cost for each letter (`spellingCost`). */
const LIKENESS = 0.45;

export interface NameMatch {
  readonly words: readonly string[];
  readonly length: number;
}

/**
 * A person's name: "my name is john smith", and where it was asked for a bare one, with parts of it spelled as in
 * "john smythe s m y t h e". Words that make sentences are no names.
 */
export function readPersonName(
  tokens: readonly string[],
  from: number,
  asked: boolean,
): NameMatch | undefined {
  const lead = (asked ? leads : strongLeads).at(tokens, from)?.length ?? 0;
  if (!asked && lead === 0) return undefined;
  if (lead === 0 && from > 0 && !BEFORE.has(tokens[from - 1] ?? '')) return undefined;
  const title = titles.has(tokens[from + lead] ?? '') ? 1 : 0;
  const start = from + lead + title;
  const words: string[] = [];
  let at = start;
  for (let next = partAt(tokens, at, words); next !== undefined; next = partAt(tokens, at, words)) {
    at += next;
    if (words.length >= MOST_WORDS) break;
  }
  if (words.length === 0) return undefined;
  const tail = behind.at(tokens, at)?.length ?? 0;
  const isSentence = lead + title === 0 && tail === 0 && GOES_ON.has(tokens[at] ?? '');
  return isSentence ? undefined : { words, length: at + tail - from };
}

/** A sentence that began with what looked like a name. */
const GOES_ON: ReadonlySet<string> = new Set(
  'is are was were do does did have has had can could should would will am be to of in on at for with about'.split(
    ' ',
  ),
);

/** Adds the next part of a name to the words; returns how many tokens it took. */
function partAt(tokens: readonly string[], at: number, words: string[]): number | undefined {
  const token = tokens[at] ?? '';
  const between = words.length > 0 ? (last.at(tokens, at)?.length ?? 0) : 0;
  const marked = words.length > 0 ? (spelled.at(tokens, at)?.length ?? 0) : 0;
  const skip = Math.max(between, marked);
  const letters = readLetters(tokens, at + skip, false) ?? alphabetRun(tokens, at + skip);
  if (letters !== undefined) {
    putSpelled(words, letters.letters);
    return skip + letters.length;
  }
  if (between > 0 && isNameWord(tokens[at + between] ?? '')) {
    words.push(tokens[at + between]!);
    return between + 1;
  }
  const suffix = words.length > 0 ? SUFFIXES.get(token) : undefined;
  if (suffix !== undefined) {
    words.push(suffix);
    return 1;
  }
  const isInitial = /^[b-hj-z]$/.test(token) && words.length > 0;
  if (!isInitial && !isNameWord(token)) return undefined;
  words.push(token);
  return 1;
}

function isNameWord(token: string): boolean {
  return /^[a-z]+(?:'[a-z]+)?$/.test(token) && token.length > 1 && !NO_NAMES.has(token);
}

/** Spelled letters put the word right that they are near to, or are a further one. */
function putSpelled(words: string[], letters: string): void {
  const whole = words
    .join('')
    .replaceAll(/[^a-z]/gi, '')
    .toLowerCase();
  if (words.length === 2 && spellingCost(letters, whole) <= LIKENESS && letters.length >= whole.length - 1) {
    words.splice(0, words.length, ...respelled(words, letters));
    return;
  }
  const costs = words.map(word => spellingCost(letters, word.replaceAll(/[^a-z]/gi, '').toLowerCase()));
  const best = costs.reduce((at, cost, index) => (cost <= (costs[at] ?? cost) ? index : at), 0);
  if (words.length > 0 && (costs[best] ?? 1) <= LIKENESS) words[best] = letters;
  else words.push(...splitName(letters));
}

/** Letters of a first and a last name in one: "johnsmith". */
function splitName(letters: string): readonly string[] {
  if (KNOWN.has(letters)) return [letters];
  const ends = Array.from({ length: letters.length }, (_, at) => at).filter(
    at => at >= 3 && letters.length - at >= 2 && GIVEN.has(letters.slice(0, at)),
  );
  const end = ends.find(at => KNOWN.has(letters.slice(at))) ?? (letters.length > 8 ? ends.at(-1) : undefined);
  return end === undefined ? [letters] : [letters.slice(0, end), letters.slice(end)];
}

/** All names that are spelled in an answer, put into the name as it was heard before. */
export function spellName(
  tokens: readonly string[],
  before: readonly string[],
): readonly string[] | undefined {
  const runs: string[] = [];
  let said: string[] = [];
  for (let at = 0; at < tokens.length; ) {
    const letters =
      readLetters(tokens, at) ??
      (runs.length > 0 ? letterAt(tokens, at, { named: false, alphabet: true }) : undefined);
    if (letters !== undefined) runs.push(letters.letters);
    else if (isNameWord(tokens[at] ?? '')) said.push(tokens[at]!);
    at += letters?.length ?? 1;
  }
  if (runs.length === 0 || said.length > runs.join('').length) return undefined;
  const [whole = ''] = runs;
  if (runs.length > 1) said = [...runs];
  else if (said.length > 0) putSpelled(said, whole);
  else if (before.length === 0) said = [...splitName(whole)];
  else said = [...respelled(before, whole)];
  return said;
}

/** The name that was heard with the letters in place of what they are nearest to: all of it, or one of its words. */
function respelled(before: readonly string[], letters: string): readonly string[] {
  const plain = before.map(word => word.toLowerCase());
  if (spellingCost(letters, plain.join('').replaceAll(/[^a-z]/g, '')) <= LIKENESS && plain.length === 2) {
    const ends = Array.from({ length: letters.length - 1 }, (_, at) => at + 1);
    const cost = (end: number): number =>
      spellingCost(letters.slice(0, end), plain[0] ?? '') + spellingCost(letters.slice(end), plain[1] ?? '');
    const end = ends.reduce((best, one) => (cost(one) < cost(best) ? one : best), ends[0] ?? 1);
    return [letters.slice(0, end), letters.slice(end)];
  }
  const words = [...plain];
  const costs = plain.map(word => spellingCost(letters, word));
  const best = costs.reduce((at, cost, index) => (cost <= (costs[at] ?? cost) ? index : at), 0);
  if ((costs[best] ?? 1) > LIKENESS) return splitName(letters);
  words[best] = letters;
  return words;
}

/** A name as it is written: "John O'Brien", "Mary McDonald". */
export function writtenName(words: readonly string[]): string {
  return words
    .map(word =>
      word
        .toLowerCase()
        .replace(/^[a-z]/, first => first.toUpperCase())
        .replace(/^(O'|Mc)([a-z])/, (_, head: string, next: string) => head + next.toUpperCase()),
    )
    .join(' ');
}
