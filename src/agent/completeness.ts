import type { AnswerKind, ExpectedAnswer } from '../workflow/types.ts';
import { commandTable, NO, SPOKEN_NO, SPOKEN_YES, YES } from '../workflow/understand/words.ts';
import { addressTail, dateTail, emailTail } from './answer_forms.ts';
import type { Completeness, CompletenessReason } from './completeness_reason.ts';
import { digitsTail, endsInNumber, endsInSpelling, spellingTail } from './said_numbers.ts';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const FILLERS = words('um uh uhm umm uhh er erm eh hm hmm mm ah well so like');
const FILLER_PHRASES = [
  'let me see',
  'let me think',
  'let me check',
  'let me look',
  'you know',
  'i mean',
  'one moment',
  'hold on',
];

/** Nothing ends in these: conjunctions, articles, prepositions, possessives, auxiliaries, and what stands before a noun. */
const OPEN_WORDS = words(
  'and or but because cause since if when while although though unless until than that whether which who whose ' +
    "a an the my your his her our their its this these those some any every each no another i'm i've i'd i'll it's " +
    "that's there's he's she's we're we've they're you're what's where's name's i he we they " +
    'to of at in on for from with by about into onto under near behind beside between against through without ' +
    'is are was were am be been has had have do does did can could will would should may might must going want wants ' +
    "need needs gonna wanna the's very really just also not as next last",
);
/** "what it is", "yes i am", "i do": they close a phrase behind a pronoun. */
const CLOSERS = words('is are was were am do does did can could will would should have has had');
const PRONOUNS = words("i it we they he she you there that this nothing so isn't");
/** Prepositions that close a phrase: "what i'm looking for", "the one i was at". */
const STRANDED = words('for at in on about with to from');
const RELATIVES = words('what where who which that how whatever whoever something anything someone');

/** What is wanted comes behind them. */
const WANTING = words(
  'like have get got give make take book order change cancel move buy send bring find say said think guess hope ' +
    'mean wondering asking calling looking tell put see said',
);
/** They say what. */
const BEGUN_REQUESTS = [
  'send me',
  'give me',
  'bring me',
  'show me',
  'get me',
  'you tell me',
  'please tell me',
];
const CLAUSE_OPENERS = words('if when because since although though while unless until after before');
const COURTESIES = words('please thanks thank-you goodbye bye');
const ANSWERS: ReadonlySet<string> = new Set([
  ...YES,
  ...NO,
  ...SPOKEN_YES,
  ...SPOKEN_NO,
  'ok',
  'i do',
  'i am',
  'i have',
  'we have',
  "i don't",
  'i do not',
  'not yet',
  'i think so',
  'of course not',
  'none',
  "that's it",
  "that's all",
  'that is all',
  'all right',
  'fine',
  'perfect',
  'not that i know of',
]);
const LEADS = words('yes yeah yep no nope okay ok oh well sure');

/** What is asked for has a form of its own: what has none of it leads up to it. */
const HAS_FORM: Readonly<Record<AnswerKind, boolean>> = {
  yesNo: false,
  choice: false,
  open: false,
  digits: true,
  spelling: true,
  email: true,
  address: true,
  date: true,
};
/** Told in answer to a question for a number, a name or a date, they are an answer after all. */
const REFUSALS = words(
  "no nope don't not can't cannot none haven't know remember idea moment pardon repeat what",
);

const LEAST_UNASKED = 0.3;

const SHARES = {
  filler: 0.02,
  noObject: 0.06,
  clauseOnly: 0.4,
  courtesy: 0.95,
  request: 0.9,
} as const;
/** Of these, some join, or stand before a noun: whatever was asked, somebody goes on. */
const JOINING = words(
  'and or but because cause since if when while although though unless until than ' +
    'a an the my your his her our their every no very next last ' +
    'to of at in on for from with by about into onto under near behind beside between against through without',
);
const JOINING_SHARE = 0.06;
/** Behind the others. Where answers are short, it is as likely that the recogniser misheard the last word. */
const MID_PHRASE_SHARES: Readonly<Record<AnswerKind, number>> = {
  open: 0.2,
  digits: 0.15,
  spelling: 0.07,
  email: 0.05,
  address: 0.4,
  date: 0.4,
  choice: 0.5,
  yesNo: 0.55,
};
/** A date may be a single word, which was misheard; a number, a name or an address of one word is none. */
const LEAD_SHARES: Partial<Readonly<Record<AnswerKind, number>>> = { date: 0.45, spelling: 0.05 };
const LEAD_SHARE = 0.15;
/** Whoever is to say yes or no, or which one, has said it in a phrase. */
const PHRASE_SHARES: Partial<Readonly<Record<AnswerKind, readonly [short: number, long: number]>>> = {
  choice: [0.9, 0.9],
  yesNo: [0.7, 0.88],
};
const PHRASE_SHARE = [0.55, 0.75] as const;

/**
 * How complete what was said so far is. `said` holds plain words in lower case, from the start of the turn; a recogniser's
 * partial will do. By rules on the last words, and on the form of the answer where its kind is expected or seen.
 */
export function completenessOf(
  said: readonly string[],
  expects: ExpectedAnswer = { kind: 'open' },
): Completeness {
  const tail = plain(said);
  if (tail.length === 0) return said.length === 0 ? { share: 0.5, reason: 'noWords' } : of('filler');
  if (endsInFiller(said, tail)) return of('filler');
  if (isRequest(unfilled(tail))) return of('request');
  return byForm(tail, expects) ?? byPhrase(tail, expects.kind);
}

/** Parts of hyphenated words by themselves, at most the last hundred words. */
function plain(said: readonly string[]): string[] {
  return said
    .slice(-100)
    .flatMap(word => (word.includes('@') ? [word] : word.split('-').filter(part => part !== '')));
}

function endsInFiller(said: readonly string[], tail: readonly string[]): boolean {
  const last = tail.at(-1)!;
  // "i would like" wants its object, "yes, so" and "it is, like" were but taking breath.
  if (last === 'like' && tail.length > 1) return false;
  if (FILLERS.has(last)) return !(last === 'so' && ['think', 'hope'].includes(tail.at(-2) ?? ''));
  return said.length > 0 && FILLER_PHRASES.some(phrase => endsWith(tail, phrase));
}

function endsWith(tail: readonly string[], phrase: string): boolean {
  const count = phrase.split(' ').length;
  return tail.slice(-count).join(' ') === phrase;
}

function byForm(tail: readonly string[], { kind, digits }: ExpectedAnswer): Completeness | undefined {
  switch (kind) {
    case 'digits':
      return digitsTail(tail, digits);
    case 'spelling':
      return spellingTail(tail);
    case 'email':
      return emailTail(tail);
    case 'address':
      return addressTail(tail);
    case 'date':
      return dateTail(tail);
    default:
      return seenForm(tail);
  }
}

/** Nobody asked for a number, and one is told all the same. */
function seenForm(tail: readonly string[]): Completeness | undefined {
  if (tail.at(-1)!.includes('@') || tail.slice(-3).includes('dot')) return emailTail(tail);
  if (endsInSpelling(tail)) return spellingTail(tail);
  if (endsInNumber(tail)) return unaskedNumber(digitsTail(tail, undefined));
  const date = dateTail(tail);
  return date?.reason === 'insideDate' ? date : undefined;
}

/** Of three digits it may be the number of a house, or the beginning of a telephone's. */
function unaskedNumber(found: Completeness | undefined): Completeness | undefined {
  if (found === undefined || found.share < LEAST_UNASKED / 4 || found.share > LEAST_UNASKED) return found;
  return { share: LEAST_UNASKED, reason: 'numberMayGoOn' };
}

function byPhrase(tail: readonly string[], kind: AnswerKind): Completeness {
  const last = tail.at(-1)!;
  const phrase = unfilled(tail).join(' ');
  const isLead = HAS_FORM[kind] && !tail.some(word => REFUSALS.has(word));
  if (!isLead && isAnswer(phrase)) return { share: kind === 'yesNo' ? 0.93 : 0.75, reason: 'answer' };
  if (COURTESIES.has(last) || endsWith(tail, 'thank you')) return of('courtesy');
  if (isOpen(tail, HAS_FORM[kind])) {
    return { share: JOINING.has(last) ? JOINING_SHARE : MID_PHRASE_SHARES[kind], reason: 'midPhrase' };
  }
  if (WANTING.has(last) || BEGUN_REQUESTS.some(begun => endsWith(tail, begun))) return of('noObject');
  if (isLead) return { share: LEAD_SHARES[kind] ?? LEAD_SHARE, reason: 'leadOnly' };
  if (CLAUSE_OPENERS.has(tail[0]!) && tail.length < 7) return of('clauseOnly');
  const [short, long] = PHRASE_SHARES[kind] ?? PHRASE_SHARE;
  return { share: tail.length >= 4 ? long : short, reason: 'phrase' };
}

/** Without what was said to win time at the beginning. */
function unfilled(tail: readonly string[]): readonly string[] {
  return tail.slice(tail.findIndex(word => !FILLERS.has(word)));
}

/** "repeat that", "start over", "i don't know": understood whatever was asked. */
function isRequest(said: readonly string[]): boolean {
  return commandTable.at(said, 0)?.length === said.length;
}

function isAnswer(phrase: string): boolean {
  if (ANSWERS.has(phrase)) return true;
  const [lead = '', ...rest] = phrase.split(' ');
  return LEADS.has(lead) && ANSWERS.has(rest.join(' '));
}

/** Where an answer with a form of its own is expected, "it is" and "in" lead up to it or on in it. */
function isOpen(tail: readonly string[], hasForm: boolean): boolean {
  const last = tail.at(-1)!;
  if (!OPEN_WORDS.has(last)) return false;
  if (hasForm) return true;
  const before = tail.at(-2) ?? '';
  if (CLOSERS.has(last) && PRONOUNS.has(before)) return !RELATIVES.has(tail.at(-3) ?? '') && tail.length > 3;
  if (STRANDED.has(last) && tail.slice(0, -1).some(word => RELATIVES.has(word))) return false;
  return !(last === 'that' && tail.length > 1);
}

function of(reason: keyof typeof SHARES & CompletenessReason): Completeness {
  return { share: SHARES[reason], reason };
}
