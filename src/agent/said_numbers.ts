import type { Completeness } from './completeness_reason.ts';

const UNITS: ReadonlyMap<string, number> = new Map(
  'zero oh o one two three four five six seven eight nine'.split(' ').map(word => [word, 1]),
);
const TEENS: ReadonlySet<string> = new Set(
  'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' '),
);
const TENS: ReadonlySet<string> = new Set('twenty thirty forty fifty sixty seventy eighty ninety'.split(' '));
const POWERS: ReadonlySet<string> = new Set(['hundred', 'thousand']);
const REPEATS: ReadonlyMap<string, number> = new Map([
  ['double', 2],
  ['triple', 3],
]);
/** How recognisers write digits among digits. */
const SOUND_LIKE = new Set(['to', 'too', 'for', 'won', 'ate', 'tree', 'sex', 'fife', 'niner']);
/** Telephone numbers; card numbers. */
const USUAL_LENGTHS = new Set([10, 16]);

/** Whether a word may stand in a number that is told digit by digit or in pairs. */
export function isNumberWord(word: string): boolean {
  return (
    UNITS.has(word) ||
    TEENS.has(word) ||
    TENS.has(word) ||
    POWERS.has(word) ||
    REPEATS.has(word) ||
    /^\d+$/.test(word)
  );
}

interface NumberRun {
  /** Told so far. */
  readonly digits: number;
  /** Words of it. */
  readonly length: number;
  /** First word. */
  readonly from: number;
  /** Its last word wants another: "double", "four hundred and", "twenty" perhaps. */
  readonly wants: 'more' | 'perhaps' | 'nothing';
}

/** The number that the words end in; one word amid digits that is none was misheard, and counts as one. */
function numberRun(tail: readonly string[]): NumberRun {
  let from = tail.length;
  if (tail.at(-1) === 'and' && POWERS.has(tail.at(-2) ?? '')) from -= 1;
  while (from > 0 && isInNumber(tail, from - 1)) from -= 1;
  const run = tail.slice(from);
  const last = run.at(-1) ?? '';
  const isOpen = REPEATS.has(last) || last === 'and';
  return {
    digits: countDigits(run),
    length: run.length,
    from,
    wants: isOpen ? 'more' : TENS.has(last) || POWERS.has(last) ? 'perhaps' : 'nothing',
  };
}

function isInNumber(tail: readonly string[], at: number): boolean {
  if (isNumberWord(tail[at]!)) return true;
  const [before, after] = [tail[at - 1] ?? '', tail[at + 1] ?? ''];
  if (tail[at] === 'and') return POWERS.has(before);
  return isNumberWord(before) && (isNumberWord(after) || (after === '' && SOUND_LIKE.has(tail[at]!)));
}

function countDigits(run: readonly string[]): number {
  let digits = 0;
  for (const [at, word] of run.entries()) {
    const before = run[at - 1] ?? '';
    if (/^\d+$/.test(word)) digits += word.length;
    else if (REPEATS.has(word) || word === 'and') continue;
    else if (POWERS.has(word)) digits += word === 'hundred' ? 2 : 3;
    else if (TEENS.has(word) || TENS.has(word)) digits += POWERS.has(before) || before === 'and' ? 0 : 2;
    else if (TENS.has(before) || POWERS.has(before) || before === 'and') continue;
    else digits += REPEATS.get(before) ?? 1;
  }
  return digits;
}

/** Enough digits at the end to be a number that is told. */
export function endsInNumber(tail: readonly string[]): boolean {
  const { digits, wants } = numberRun(tail);
  return digits >= 3 || wants === 'more';
}

/** A number that is told digit by digit or in groups; none where the words do not end in one. */
export function digitsTail(tail: readonly string[], expected: number | undefined): Completeness | undefined {
  const { digits, length, wants } = numberRun(tail);
  if (length === 0) return undefined;
  if (wants === 'more') return { share: 0.02, reason: 'insideNumber' };
  if (expected !== undefined) return ofKnownLength(digits, expected);
  if (USUAL_LENGTHS.has(digits) || (digits === 11 && isOne(tail[tail.length - length]!))) {
    return { share: 0.9, reason: 'wholeNumber' };
  }
  if (digits < 4) return { share: 0.15, reason: 'insideNumber' };
  return { share: wants === 'perhaps' ? 0.25 : 0.35, reason: 'numberMayGoOn' };
}

function ofKnownLength(digits: number, expected: number): Completeness {
  // Recognisers lose some.
  if (digits < expected) return { share: digits === expected - 1 ? 0.75 : 0.05, reason: 'insideNumber' };
  return { share: digits === expected ? 0.97 : 0.9, reason: 'wholeNumber' };
}

function isOne(word: string): boolean {
  return word === 'one' || word.startsWith('1');
}

/** How recognisers write letters; single letters are themselves. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['bee', 'b'],
  ['be', 'b'],
  ['see', 'c'],
  ['sea', 'c'],
  ['gee', 'g'],
  ['jay', 'j'],
  ['kay', 'k'],
  ['are', 'r'],
  ['tea', 't'],
  ['you', 'u'],
  ['why', 'y'],
  ['zee', 'z'],
  ['zed', 'z'],
]);
const BESIDE_LETTERS = new Set(['double', 'hyphen', 'dash', 'apostrophe', 'capital']);
const LEAST_LETTERS = 2;
/** Few names have fewer than five letters, most have five to eight. */
const SHARE_BY_LETTERS = [0, 0.05, 0.07, 0.1, 0.4, 0.6, 0.75, 0.85];

function letterOf(word: string): string | undefined {
  return /^[a-z]$/.test(word) ? word : LETTERS.get(word);
}

interface SpelledRun {
  readonly letters: string;
  readonly from: number;
  /** Behind it. */
  readonly name: string;
  readonly wantsMore: boolean;
}

/** The letters at the end, with "m as in mike" for m; a whole word may follow them. */
function spelledRun(tail: readonly string[]): SpelledRun {
  const behind = spelledBack(tail, tail.length);
  const beforeName = spelledBack(tail, tail.length - 1);
  if (behind.letters === '' && beforeName.letters.length >= LEAST_LETTERS) {
    return { ...beforeName, name: tail.at(-1)! };
  }
  return { ...behind, name: '' };
}

function spelledBack(tail: readonly string[], end: number): Omit<SpelledRun, 'name'> {
  const last = tail[end - 1] ?? '';
  const isWord = (at: number): boolean => tail[at] === 'as' && tail[at + 1] === 'in';
  let letters = '';
  let from = end;
  while (from > 0) {
    const word = tail[from - 1]!;
    const letter = letterOf(word);
    if (letter !== undefined) letters = (tail[from - 2] === 'double' ? letter + letter : letter) + letters;
    else if (from >= 4 && isWord(from - 3)) from -= 2;
    else if (!BESIDE_LETTERS.has(word) && !(word === 'in' && tail[from - 2] === 'as') && word !== 'as') break;
    from -= 1;
  }
  return { letters, from, wantsMore: BESIDE_LETTERS.has(last) || ['as', 'in'].includes(last) };
}

export function endsInSpelling(tail: readonly string[]): boolean {
  const { letters, name } = spelledRun(tail);
  return letters.length >= LEAST_LETTERS && (name === '' || name === letters) && /[b-hj-z]/.test(letters);
}

/** A name that is spelled; none where no letters are at the end. Names are of any length, but may be said beside it. */
export function spellingTail(tail: readonly string[]): Completeness | undefined {
  const { letters, from, name, wantsMore } = spelledRun(tail);
  if (letters === '') return undefined;
  if (wantsMore) return { share: 0.02, reason: 'insideSpelling' };
  if (name === letters) return { share: 0.95, reason: 'wholeSpelling' };
  if (name !== '') return undefined;
  const said = tail.slice(0, from).filter(word => word.length >= 2);
  if (said.includes(letters) || said.slice(-2).join('') === letters)
    return { share: 0.95, reason: 'wholeSpelling' };
  if (said.some(word => word.length > letters.length && word.startsWith(letters))) {
    return { share: 0.05, reason: 'insideSpelling' };
  }
  const share = SHARE_BY_LETTERS[letters.length] ?? 0.9;
  return { share, reason: letters.length < 3 ? 'insideSpelling' : 'spellingMayGoOn' };
}
