import { CLASSES } from './word_classes.ts';

const setOf = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const DENIALS: ReadonlySet<string> = new Set(CLASSES.denial);
/** Words that hand a denial on to what follows: "I'm not saying that you should …". */
const TRANSPARENT = setOf(
  'wanna want need to you me i say saying said mean meaning ask asking asked have having be go going gonna like wish ' +
    'trying try think thinking that for your any anyone we us necessarily suggest suggesting telling tell really ' +
    'would should could can able interested required requesting request it getting get being give giving read reading share sharing provide my the',
);
const DENIED_WITHIN = 7;

/** "Why don't you …", "can't you …" ask for it. */
const ASKING = setOf('why cant couldnt wont');

const REPORTS = setOf('said says say saying told tell tells asked asks telling asking shouted yelled');
const SPEAKERS_OF_ONES_OWN = setOf('i ive we im ill id you your people');
const ADDRESSED = setOf('you your yall people company guys folks');
const BOUNDARIES = setOf('and but because now anyway');
const REPORTED_WITHIN = 8;
/** Those of whom callers talk, in place of themselves. */
const OTHERS = setOf('him it them his he a an that');

/** Whether the words before deny what begins at `from`: "don't transfer me", "I'm not saying take me off the list". */
export function isDenied(tokens: readonly string[], from: number): boolean {
  for (let at = from - 1; at >= Math.max(0, from - DENIED_WITHIN); at -= 1) {
    const token = tokens[at]!;
    const isNoNeed = token === 'no' && tokens[at + 1] === 'need';
    if (DENIALS.has(token) || isNoNeed) {
      const isQuestion = ASKING.has(token) || ASKING.has(tokens[at - 1] ?? '');
      return !(isQuestion && tokens[at + 1] === 'you');
    }
    if (!TRANSPARENT.has(token)) return false;
  }
  return false;
}

/**
 * Whether it is told of others: "my doctor told me to slow down", "my wife said stop calling him". What the caller
 * said before, or says for someone ("my mother says to take her off your list"), is the caller's.
 */
export function isReported(tokens: readonly string[], from: number, to: number): boolean {
  const last = tokens[to - 1]!;
  const isOfOthers = OTHERS.has(tokens[to] ?? '') || OTHERS.has(last);
  for (let at = from - 1; at >= Math.max(0, from - REPORTED_WITHIN); at -= 1) {
    const token = tokens[at]!;
    if (BOUNDARIES.has(token)) return false;
    if (!REPORTS.has(token)) continue;
    const toWhom = tokens[at + 1] ?? '';
    const isToMe = token === 'told' || token.startsWith('ask') || token.startsWith('tell');
    if (isToMe && at + 1 < from) return !ADDRESSED.has(toWhom) && toWhom !== 'to';
    const by = tokens[at - 1] ?? '';
    if (SPEAKERS_OF_ONES_OWN.has(by) || by === '') return false;
    return isOfOthers || !isForOneself(tokens, from, to);
  }
  return false;
}

/** Whether it names what only this call can be about: the caller, or the company's own list. */
function isForOneself(tokens: readonly string[], from: number, to: number): boolean {
  return tokens
    .slice(from, to)
    .some(token => ['me', 'us', 'list', 'here', 'your', 'house', 'number'].includes(token));
}
