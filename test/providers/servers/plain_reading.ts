/**
 * Reads what somebody said by the JSON Schema of what is looked for, with no knowledge of any workflow: what a language model does,
 * by word lists of its own.
 */

interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
}

export interface Understood {
  readonly value: string | number | boolean;
  /** The words that say it, as they were said. */
  readonly quote: string;
}

const YES =
  /\b(yes|yeah|yep|yup|sure|correct|indeed|absolutely|definitely|of course|we do|we have|there is|there's|there are|i do|i would|i am|it is|it does|got (?:one|a|an)|has (?:one|a|an)|please do|afraid so|lots|several|plenty)\b/u;
const NO =
  /\b(no|nope|nah|not|none|never|without|neither|nothing|isn't|aren't|don't|doesn't|didn't|haven't|hasn't|wouldn't|rather not)\b/u;
const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = '- - twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const ORDINALS =
  'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth'.split(
    ' ',
  );
const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
const LEADS =
  /^(?:(?:well|so|um|uh|oh|okay|sure|yes|yeah|right|hi|hello|thanks|let me see|let's see|and|i think|i guess|i believe|probably|it is|it's|that is|that's|that would be|this is|my name is|the name is|name's|i am|i'm|i live|we live|live|we are|we're|you can reach me|reach me|located|the address is|my address is|my number is|the number is|the company is|company is called|called|in|at|on|to|from|of|a|an|the)[\s,]+)+/u;

/** Undefined where nothing of it was said. */
export function readAs(schema: ValueSchema, text: string, todayIso: string): Understood | undefined {
  const said = text.toLowerCase().replaceAll('’', "'");
  if (schema.enum !== undefined) return choiceIn(schema, said);
  const [type] = [schema.type ?? 'string'].flat();
  if (type === 'boolean') return yesNoIn(said);
  if (type === 'integer' || type === 'number') return numberIn(schema, said);
  return /YYYY-MM-DD/u.test(schema.description ?? '') ? dateIn(said, todayIso) : wordsIn(said);
}

/** The value most of whose own words were said. */
function choiceIn(
  { enum: values = [], description = '' }: ValueSchema,
  said: string,
): Understood | undefined {
  const described = new Map(
    description.split('; ').map(one => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1)]),
  );
  const words = new Set(said.match(/[a-z']+/gu) ?? []);
  const ranked = values
    .map(value => {
      const own = [
        ...new Set(
          `${value.replaceAll('_', ' ')} ${described.get(value) ?? ''}`.toLowerCase().match(/[a-z]{3,}/gu) ??
            [],
        ),
      ];
      const telling = own.filter(
        word =>
          values.filter(other => `${other} ${described.get(other) ?? ''}`.toLowerCase().includes(word))
            .length < values.length,
      );
      const found = telling.filter(word => words.has(word));
      return { value, found, share: found.length / Math.max(1, telling.length), count: found.length };
    })
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.share - a.share || b.count - a.count);
  const [best] = ranked;
  return best && { value: best.value, quote: best.found[0] ?? '' };
}

function yesNoIn(said: string): Understood | undefined {
  const [no, yes] = [NO.exec(said), YES.exec(said)];
  if (no !== null) return { value: false, quote: no[0] };
  return yes === null ? undefined : { value: true, quote: yes[0] };
}

function numberIn(
  { minimum = 0, maximum = Number.MAX_SAFE_INTEGER, description = '' }: ValueSchema,
  said: string,
): Understood | undefined {
  if (/ground floor/u.test(description)) {
    const low = /\b(ground|street level|basement|cellar)\b/u.exec(said);
    if (low !== null) return { value: /basement|cellar/u.test(low[0]) ? 0 : 1, quote: low[0] };
    const ordinal = ordinalIn(said);
    if (ordinal !== undefined) return ordinal;
  }
  const none = /\b(none|no|not any|zero)\b/u.exec(said);
  const found = cardinalIn(said) ?? (none === null || minimum > 0 ? undefined : { value: 0, quote: none[0] });
  return found !== undefined && Number(found.value) >= minimum && Number(found.value) <= maximum
    ? found
    : undefined;
}

function ordinalIn(said: string): Understood | undefined {
  const digits = /\b(\d{1,2})(?:st|nd|rd|th)\b/u.exec(said);
  if (digits !== null) return { value: Number(digits[1]), quote: digits[0] };
  const words = said.match(/[a-z]+/gu) ?? [];
  for (const [at, word] of words.entries()) {
    const ten = TENS.indexOf(words[at - 1] ?? '?');
    if (ORDINALS.includes(word) && word !== 'zeroth') {
      const unit = ORDINALS.indexOf(word);
      return ten >= 2 && unit < 10
        ? { value: ten * 10 + unit, quote: `${words[at - 1]} ${word}` }
        : { value: unit, quote: word };
    }
    if (word === 'thirtieth') return { value: 30, quote: word };
  }
  return undefined;
}

/** The first number: digits, powers ("four hundred and two"), or pieces one after the other ("four twenty one", "one oh five"). */
function cardinalIn(said: string): Understood | undefined {
  const digits = /\b\d[\d,]*(?:\.\d+)?\b/u.exec(said);
  if (digits !== null) return { value: Number(digits[0].replaceAll(',', '')), quote: digits[0] };
  const words = said.replaceAll('-', ' ').match(/[a-z]+/gu) ?? [];
  const isNumber = (word: string) =>
    ONES.includes(word) || TENS.indexOf(word) >= 2 || ['hundred', 'thousand', 'oh'].includes(word);
  const from = words.findIndex(word => isNumber(word) && word !== 'oh');
  if (from < 0) return undefined;
  let to = from;
  while (
    to < words.length &&
    (isNumber(words[to]!) || (words[to] === 'and' && isNumber(words[to + 1] ?? '')))
  )
    to += 1;
  const run = words.slice(from, to).filter(word => word !== 'and');
  return {
    value: run.some(word => word === 'hundred' || word === 'thousand') ? byPowers(run) : byPieces(run),
    quote: words.slice(from, to).join(' '),
  };
}

function byPowers(words: readonly string[]): number {
  let [total, part] = [0, 0];
  for (const word of words) {
    if (word === 'hundred') part = Math.max(1, part) * 100;
    else if (word === 'thousand') [total, part] = [total + Math.max(1, part) * 1000, 0];
    else part += Math.max(ONES.indexOf(word), TENS.indexOf(word) * 10, 0);
  }
  return total + part;
}

function byPieces(words: readonly string[]): number {
  let digits = '';
  for (let at = 0; at < words.length; at += 1) {
    const [ten, unit] = [TENS.indexOf(words[at]!), ONES.indexOf(words[at + 1] ?? '?')];
    if (words[at] === 'oh') digits += '0';
    else if (ten >= 2 && unit >= 1 && unit < 10) [digits, at] = [`${digits}${ten * 10 + unit}`, at + 1];
    else digits += String(ten >= 2 ? ten * 10 : ONES.indexOf(words[at]!));
  }
  return Number(digits);
}

function dateIn(said: string, todayIso: string): Understood | undefined {
  const month = MONTHS.findIndex(name => said.includes(name));
  const day = ordinalIn(month < 0 ? said : said.slice(said.indexOf(MONTHS[month]!))) ?? cardinalIn(said);
  if (day === undefined || month < 0) return undefined;
  const year = /\b(19|20)\d\d\b/u.exec(said)?.[0];
  const of = (one: number) =>
    `${one}-${String(month + 1).padStart(2, '0')}-${String(day.value).padStart(2, '0')}`;
  const thisYear = Number(todayIso.slice(0, 4));
  const next = of(thisYear) > todayIso ? of(thisYear) : of(thisYear + 1);
  return { value: year === undefined ? next : of(Number(year)), quote: day.quote };
}

/** What is left without what people say before it. */
function wordsIn(said: string): Understood | undefined {
  const rest = said
    .replace(/[.!?]+$/u, '')
    .replace(LEADS, '')
    .trim();
  return rest === '' ? undefined : { value: rest, quote: rest };
}
