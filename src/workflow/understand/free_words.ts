import { LIMITS } from '../../config/limits.ts';
import { isBeside } from './beside.ts';
import { BUSINESS_WORDS } from './known_names.ts';
import { alphabetRun, letterAt, readLetters } from './letters.ts';
import { PhraseTable } from './phrases.ts';

/** Sounds that carry nothing. */
const SOUNDS = /^(?:uh|um|er|erm|hm+|mhm|mm)$/;
/** Said before an answer in free words; taken away again and again. */
const leads = new PhraseTable<true>(
  [
    'well',
    'so',
    'okay',
    'ok',
    'yeah',
    'yes',
    'oh',
    'ah',
    'like',
    'you know',
    'let me see',
    'let me think',
    'i mean',
    'of course',
    'certainly',
    'sure',
    'absolutely',
    "that's a good question",
    'that is a good question',
    'good question',
    'thank you for asking',
    'thanks for asking',
    "ma'am",
    'madam',
    'sir',
    'for the last time',
    'once more',
    'again',
    'i told you',
    'i just told you',
    'i already told you',
    'like i said',
    'as i said',
    'i said',
  ].map(phrase => [phrase, true]),
);

/** What callers say beside a question: it answers none, however freely that may be answered. */
const ASIDES =
  /^(?:hello(?: there| hello)?|hi|are you (?:still )?there|can you hear me|(?:hang|hold) on(?: a (?:second|sec|minute|moment))?|(?:just )?(?:one|a|give me a) (?:second|sec|minute|moment)|let me (?:think|see|check)|not quite|almost|kind of|sort of|i see|(?:this|that) is (?:so |just |really |all )?(?:ridiculous|bullshit|nonsense|crap|stupid|outrageous|a joke|a waste of (?:my )?time))(?: please)?$/;

/** Whether words are said to the agent and name nothing, hesitations and what leads to an answer aside. */
export function isAside(tokens: readonly string[]): boolean {
  const words = tokens.filter(word => !SOUNDS.test(word));
  const all = words.join(' ');
  const lead = leads.at(words, 0)?.length ?? 0;
  return ASIDES.test(all) || ASIDES.test(words.slice(lead).join(' ')) || isBeside(words.slice(lead));
}

/**
 * An answer in free words as plain text: letters, digits and plain punctuation of one line, without hesitations. Empty when
 * nothing is left; undefined when it is longer than anybody answers.
 */
export function plainAnswer(text: string): string | undefined {
  if (text.length > LIMITS.accountCharacters) return undefined;
  const plain = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('’', "'")
    .replaceAll(/[^A-Za-z0-9 .,;:?!'%$&/@-]+/g, ' ')
    .replaceAll(/[.,;:?!'%$&/@-]{2,}/g, ' ');
  const words = plain.split(' ').filter(word => /[A-Za-z0-9]/.test(word) && !SOUNDS.test(bare(word)));
  const told = words.map(bare);
  let from = 0;
  for (
    let lead = leads.at(told, 0);
    lead !== undefined && from + lead.length < words.length;
    lead = leads.at(told, from)
  ) {
    from += lead.length;
  }
  return words
    .slice(from)
    .join(' ')
    .replace(/^[^A-Za-z0-9$]+/, '')
    .replace(/[,;:]+$/, '');
}

function bare(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9']/g, '');
}

const COMPANY_LEADS = [
  'my company is',
  'my company is called',
  'the company is',
  'the company is called',
  'company name is',
  'the company name is',
  'the name of the company is',
  'the name of the business is',
  'my business is',
  'my business is called',
  'the business is called',
  'the business name is',
  'our company is',
  'we are called',
  "we're called",
  'it is called',
  "it's called",
  'i work for',
  'i work at',
  'i own',
  'we are',
  "we're",
];
const strongCompany = new PhraseTable<true>(COMPANY_LEADS.slice(0, -5).map(lead => [lead, true]));
const company = new PhraseTable<true>(
  [...COMPANY_LEADS, "it's", 'it is', 'that is', "that's", 'the name is', "the name's", 'this is', 'the'].map(
    lead => [lead, true],
  ),
);
/** Where the name of a company ends: the caller corrects it, spells it or goes on. */
const ENDS = new PhraseTable<true>(
  [
    'no',
    'no wait',
    'sorry',
    'actually',
    'i mean',
    'i meant',
    'wait',
    'correction',
    'rather',
    'spelled',
    "that's",
    'that is',
    'and my',
    'and i',
    "and i'm",
    'and the phone',
    'my name',
    'my phone',
    'is the name',
    'is our name',
    'yes',
    'yeah',
  ].map(phrase => [phrase, true]),
);
/** Said behind a name, with whatever follows. */
const TAILS = new PhraseTable<true>(
  [
    'thanks',
    'thank you',
    'if you',
    'i hope',
    'i think',
    'i believe',
    'as i',
    'as far',
    'you know',
    'is name',
    'is a name',
    'is that the',
  ].map(phrase => [phrase, true]),
);
/** An answer of nothing but these names no company. */
const EMPTY: ReadonlySet<string> = new Set(
  (
    "the a an of and it it's is i i'm we we're you my our your to in at for that this what who why how do don't does not " +
    'have need want know say said tell me us business company name called yes no none nothing wrong right correct'
  ).split(' '),
);
const MOST_WORDS = 8;

export interface CompanyMatch {
  readonly words: readonly string[];
  readonly length: number;
}

const business: ReadonlySet<string> = new Set(BUSINESS_WORDS);

/** Whether bare words may stand for a company that was read back: a part of its name, a business, or said as a correction. */
export function correctsCompany(tokens: readonly string[], name: string): boolean {
  const known = new Set(name.toLowerCase().split(/[^a-z0-9']+/));
  const said = tokens.filter(token => !EMPTY.has(token));
  return ENDS.at(tokens, 0) !== undefined || said.some(token => known.has(token) || business.has(token));
}

/** How many words lead to an answer without being any of it. */
function leadLength(tokens: readonly string[], from: number): number {
  let at = from;
  for (let lead = leads.at(tokens, at); lead !== undefined; lead = leads.at(tokens, at)) at += lead.length;
  return at < tokens.length ? at - from : 0;
}

/** The last of these words that make up the letters together: letters that were spelled do not tell where a word ends. */
export function endingAs(words: readonly string[], letters: string): readonly string[] | undefined {
  for (let from = words.length - 1; from >= 0; from -= 1) {
    const own = words.slice(from);
    if (
      own
        .join('')
        .toLowerCase()
        .replaceAll(/[^a-z0-9]/g, '') === letters
    )
      return own;
  }
  return undefined;
}

/** The name of a company: all words up to a correction; letters that are said one by one are one word ("l l c"). */
export function readCompany(
  tokens: readonly string[],
  from: number,
  asked: boolean,
): CompanyMatch | undefined {
  const start = asked ? leadLength(tokens, from) : 0;
  const lead = (asked ? company : strongCompany).at(tokens, from + start)?.length ?? 0;
  if ((!asked && lead === 0) || isAside(tokens)) return undefined;
  const words: string[] = [];
  let at = from + start + lead;
  while (at < tokens.length && ENDS.at(tokens, at) === undefined && TAILS.at(tokens, at) === undefined) {
    const letters = readLetters(tokens, at, false) ?? alphabetRun(tokens, at);
    const single =
      letters === undefined && /^[b-hj-z]$/.test(tokens[at] ?? '')
        ? letterAt(tokens, at, { named: false, alphabet: false })
        : undefined;
    // "Sunrise Landscaping, s u n r i s e …": the same once more.
    if (letters === undefined || endingAs(words, letters.letters) === undefined)
      words.push(letters?.letters.toUpperCase() ?? single?.letters.toUpperCase() ?? tokens[at]!);
    at += letters?.length ?? 1;
  }
  if (words.every(word => EMPTY.has(word))) return undefined;
  if (TAILS.at(tokens, at) !== undefined)
    while (at < tokens.length && ENDS.at(tokens, at) === undefined) at += 1;
  return { words: words.length > MOST_WORDS ? [] : words, length: at - from };
}
