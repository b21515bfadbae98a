import { cardinal, digitByDigit, inPairs, money, ordinal } from '../../spoken/numbers.ts';

/** One word as it is written, with what is said for it. */
export interface SpokenToken {
  readonly shown: string;
  readonly spoken: string;
}

/** What is said in one breath, followed by a pause. */
export interface Phrase {
  readonly tokens: readonly SpokenToken[];
  readonly pauseMs: number;
}

/** Long enough to tell spelled letters apart and write them down. */
const LETTER_PAUSE_MS = 260;
const PHRASE_PAUSE_MS = 200;

const MONTH =
  /^(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?,?$/iu;
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const MAX_NUMBER = 999_999_999_999;

/**
 * Breaks a sentence into breaths and writes numbers, money, dates, house numbers and spelled letters the way a person
 * says them (American English).
 */
export function spokenPhrases(sentence: string): Phrase[] {
  const shown = sentence.split(/\s+/u).filter(token => token !== '');
  const letters = spelledLetters(shown);
  const phrases: Phrase[] = [];
  let breath: SpokenToken[] = [];
  const endBreath = (pauseMs: number) => {
    if (breath.some(token => /[\p{L}\p{N}]/u.test(token.spoken))) phrases.push({ tokens: breath, pauseMs });
    breath = [];
  };
  for (const [at, token] of shown.entries()) {
    if (letters[at]) {
      endBreath(PHRASE_PAUSE_MS);
      breath.push({ shown: token, spoken: letterOf(token) });
      endBreath(letters[at + 1] ? LETTER_PAUSE_MS : PHRASE_PAUSE_MS);
      continue;
    }
    breath.push({ shown: token, spoken: spokenWord(token, shown[at - 1], shown[at + 1]) });
    if (/[.!?;:]["')\]]*$/u.test(token) && !isAbbreviation(token)) endBreath(PHRASE_PAUSE_MS);
  }
  endBreath(0);
  return phrases;
}

/** Two or more single letters in a row ("M, A, P", "M A P", "M-A-P" is one token) are being spelled. */
function spelledLetters(tokens: readonly string[]): boolean[] {
  const single = tokens.map(token => /^[a-z][.,;:!?]*$/iu.test(token));
  return single.map((is, at) => is && (single[at - 1] === true || single[at + 1] === true));
}

function letterOf(token: string): string {
  return `${token[0]!.toUpperCase()}.`;
}

function isAbbreviation(token: string): boolean {
  return /^(?:[A-Z]\.|(?:mr|mrs|ms|dr|st|ave|rd|blvd|no|vs|apt)\.)$/iu.test(token);
}

/** What is said for one written word; its trailing punctuation stays, since it shapes the melody. */
function spokenWord(token: string, previous: string | undefined, next: string | undefined): string {
  const [, lead = '', core = '', tail = ''] = /^([("'[]*)(.*?)([.,;:!?"')\]]*)$/u.exec(token) ?? [];
  const mark =
    lead === '' && tail === '' ? '' : /[?!]/u.test(tail) ? tail.match(/[?!]/u)![0] : tail === '' ? '' : ',';
  return speakable(spokenCore(core, previous, next)) + mark;
}

function spokenCore(core: string, previous: string | undefined, next: string | undefined): string {
  return (
    dollars(core) ??
    date(core) ??
    clockTime(core) ??
    numberCore(core, previous, next) ??
    spelledCore(core) ??
    core
  );
}

function dollars(core: string): string | undefined {
  const match = /^\$(\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.(\d{2}))?$/u.exec(core);
  if (match === null) return undefined;
  const wholeDollars = whole(match[1]!);
  return wholeDollars > MAX_NUMBER ? undefined : money(wholeDollars * 100 + Number(match[2] ?? 0));
}

/** ISO 8601 calendar date. */
function date(core: string): string | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/u.exec(core);
  const month = MONTHS[Number(match?.[2]) - 1];
  const day = Number(match?.[3]);
  if (match === null || month === undefined || day < 1 || day > 31) return undefined;
  return `${month} ${ordinal(day)}, ${inPairs(Number(match[1]))}`;
}

function clockTime(core: string): string | undefined {
  const match = /^(\d{1,2}):(\d{2})(am|pm)?$/iu.exec(core);
  if (match === null) return undefined;
  const minutes = Number(match[2]);
  const minuteWords = minutes === 0 ? "o'clock" : `${minutes < 10 ? 'oh ' : ''}${cardinal(minutes)}`;
  const half = match[3] === undefined ? '' : ` ${match[3][0]!.toUpperCase()} M`;
  return `${cardinal(Number(match[1]))} ${minutes === 0 && half !== '' ? '' : minuteWords}${half}`.replace(
    '  ',
    ' ',
  );
}

function numberCore(
  core: string,
  previous: string | undefined,
  next: string | undefined,
): string | undefined {
  const place = /^(\d{1,9})(?:st|nd|rd|th)$/iu.exec(core);
  if (place !== null) return ordinal(Number(place[1]));
  if (/^\+\d{4,15}$/u.test(core) || /^\d{3}-\d{3,4}(?:-\d{4})?$/u.test(core)) return digitGroups(core);
  const percent = /^(\d{1,9})%$/u.exec(core);
  if (percent !== null) return `${cardinal(Number(percent[1]))} percent`;
  const decimal = /^(\d{1,9})\.(\d{1,6})$/u.exec(core);
  if (decimal !== null) return `${cardinal(Number(decimal[1]))} point ${digitByDigit(decimal[2]!)}`;
  if (/^\d{1,3}(?:,\d{3})+$/u.test(core) && whole(core) <= MAX_NUMBER) return cardinal(whole(core));
  if (!/^\d+$/u.test(core)) return undefined;
  return integer(core, previous, next);
}

/** Day of a month, house number or year, or a plain number, by its neighbours. */
function integer(digits: string, previous: string | undefined, next: string | undefined): string {
  const value = Number(digits);
  if (digits.length > 9 || (digits.length > 1 && digits.startsWith('0'))) return digitByDigit(digits);
  if (value >= 1 && value <= 31 && previous !== undefined && MONTH.test(previous)) return ordinal(value);
  const isAddress = next !== undefined && /^[A-Z]/u.test(next) && !MONTH.test(next);
  if (isAddress || (digits.length === 4 && value >= 1_100 && value <= 2_099)) return inPairs(value);
  return cardinal(value);
}

function digitGroups(core: string): string {
  return core
    .split(/\D+/u)
    .filter(group => group !== '')
    .map(digitByDigit)
    .join(', ');
}

function whole(digits: string): number {
  return Number(digits.replaceAll(',', ''));
}

/** "M-A-P" within one token. */
function spelledCore(core: string): string | undefined {
  if (!/^[a-z](?:-[a-z])+$/iu.test(core)) return undefined;
  return core.toUpperCase().split('-').join(', ');
}

/** Only what the synthesiser pronounces: no markup, no symbols it would spell out. */
function speakable(text: string): string {
  return text
    .replaceAll('&', ' and ')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('’', "'")
    .replace(/[^A-Za-z0-9',. -]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
}
