import type { AskedStep } from '../../src/agent/endpointing.ts';
import { cardinal, digitByDigit, houseNumber, inPairs, ordinal } from '../../src/spoken/numbers.ts';
import type { AnswerKind } from '../../src/workflow/types.ts';
import type { SeededRandom } from '../caller/random.ts';
import { normal } from './recogniser.ts';
import type { TurnSources } from './sources.ts';

/** Why somebody may pause between two pieces. */
type Boundary = 'phrase' | 'search' | 'group' | 'letters';

/** Words that are said without a pause, and for how long the speaker pauses behind them: 0 for not at all, and at the end. */
interface Piece {
  readonly words: string;
  readonly pauseMs: number;
}

export interface Utterance {
  readonly kind: AnswerKind;
  readonly step: AskedStep;
  readonly pieces: readonly Piece[];
}

/** How one caller speaks. */
export interface Manner {
  /** All pauses are so much longer than usual. */
  readonly pace: number;
  /** Fills some pauses with "um". */
  readonly fills: boolean;
}

/**
 * Pauses are log-normal, with a median of about half a second and a tail of seconds in spontaneous speech: E. Campione and
 * J. Véronis, A Large-Scale Multilingual Study of Silent Pause Duration, Speech Prosody 2002 (brief ones below 200 ms, medium
 * ones up to 1000 ms, long ones in spontaneous speech only); M. Demol, W. Verhelst and P. Verhoeve, The Duration of Speech
 * Pauses in a Multilingual Environment, Interspeech 2007. Sigma is of the natural logarithm.
 */
const PAUSES: Readonly<
  Record<Boundary, { readonly chance: number; readonly medianMs: number; readonly sigma: number }>
> = {
  phrase: { chance: 0.6, medianMs: 480, sigma: 0.6 },
  search: { chance: 0.85, medianMs: 700, sigma: 0.6 },
  group: { chance: 0.7, medianMs: 450, sigma: 0.55 },
  letters: { chance: 0.5, medianMs: 380, sigma: 0.55 },
};
const PACE_SIGMA = 0.3;
const LEAST_PAUSE_MS = 100;
/** Whoever says nothing for longer has stopped, for all that anybody can know. */
const MOST_PAUSE_MS = 3000;
const UM_CHANCE = 0.15;

/** Of each kind, how often in so many turns. */
const SYNTHESISED: readonly AnswerKind[] = [
  'yesNo',
  'yesNo',
  'digits',
  'digits',
  'spelling',
  'email',
  'address',
  'address',
  'date',
  'choice',
  'open',
  'open',
  'open',
];
/** Recorded people have digits, letters, names of days and months, and what is made of them. */
const RECORDED: readonly AnswerKind[] = ['digits', 'digits', 'spelling', 'email', 'date', 'date'];

export const PATIENCE: Readonly<Record<AnswerKind, AskedStep['patience']>> = {
  yesNo: 'yesNo',
  choice: 'short',
  date: 'normal',
  open: 'normal',
  digits: 'long',
  spelling: 'long',
  email: 'long',
  address: 'long',
};
const DIGITS = [10, 10, 6, 4] as const;

export function drawManner(random: SeededRandom): Manner {
  return { pace: Math.exp(PACE_SIGMA * normal(random)), fills: random.chance(0.6) };
}

/** The turn numbered `index` of a caller. */
export function drawUtterance(
  sources: TurnSources,
  manner: Manner,
  isRecorded: boolean,
  random: SeededRandom,
): Utterance {
  const kind = random.pick(isRecorded ? RECORDED : SYNTHESISED);
  const digits = kind === 'digits' ? random.pick(DIGITS) : undefined;
  const template = isRecorded ? recorded(kind, digits, random) : synthesised(kind, digits, sources, random);
  return {
    kind,
    step: { patience: PATIENCE[kind], expects: { kind, ...(digits !== undefined && { digits }) } },
    pieces: piecesOf(template, manner, isRecorded, random),
  };
}

const BOUNDARIES: Readonly<Record<string, Boundary>> = {
  '/': 'phrase',
  '~': 'search',
  '-': 'group',
  '+': 'letters',
};

function piecesOf(
  template: string,
  { pace, fills }: Manner,
  isRecorded: boolean,
  random: SeededRandom,
): Piece[] {
  const pieces: Piece[] = [];
  let words = '';
  for (const token of template.split(' ').filter(part => part !== '')) {
    const boundary = BOUNDARIES[token];
    if (boundary === undefined) {
      words = `${words} ${token}`.trim();
      continue;
    }
    const { chance, medianMs, sigma } = PAUSES[boundary];
    if (words === '' || !random.chance(chance)) continue;
    const isFilled =
      fills && !isRecorded && boundary !== 'letters' && !words.endsWith('um') && random.chance(UM_CHANCE);
    const pauseMs = medianMs * pace * Math.exp(sigma * normal(random)) * (isFilled ? 1.3 : 1);
    const said = isFilled ? `${words} um` : words;
    pieces.push({ words: said, pauseMs: Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, pauseMs)) });
    words = '';
  }
  return [...pieces, { words, pauseMs: 0 }];
}

function synthesised(
  kind: AnswerKind,
  digits: number | undefined,
  sources: TurnSources,
  random: SeededRandom,
): string {
  const name = random.pick(sources.names);
  switch (kind) {
    case 'yesNo':
      return random.pick(sources.yesNo);
    case 'choice':
      return random.pick(sources.choices);
    case 'open':
      return random.pick(sources.open);
    case 'digits':
      return `${random.pick(sources.numberLeads)} ${number(digits!, random)}`;
    case 'spelling':
      return `${random.pick(sources.nameLeads).replace('{name}', name)} ${letters(name, random)}`;
    case 'email':
      return `${random.chance(0.5) ? `${name} /` : `${letters(name, random)} /`} at ~ ${random.pick(sources.hosts).replace(/ dot /, ' / dot ')}`;
    case 'address':
      return address(sources, random);
    case 'date':
      return date(random);
  }
}

function recorded(kind: AnswerKind, digits: number | undefined, random: SeededRandom): string {
  const drawn = (length: number): string =>
    Array.from({ length }, () => String.fromCharCode(97 + random.integer(0, 25))).join('');
  switch (kind) {
    case 'digits':
      return number(digits!, random);
    case 'spelling':
      return letters(drawn(random.integer(4, 8)), random);
    case 'email':
      return `${letters(drawn(random.integer(3, 6)), random)} / at ~ ${letters(drawn(3), random)} / dot ${random.pick(['n e t', 'o r g', 'c o m'])}`;
    default:
      return date(random);
  }
}

const GROUPS: Readonly<Record<number, readonly (readonly number[])[]>> = {
  10: [[3, 3, 4]],
  6: [
    [3, 3],
    [2, 2, 2],
  ],
  4: [[4], [2, 2]],
};

/** 415-555-0172, or in pairs or threes. */
function number(length: number, random: SeededRandom): string {
  const digits = Array.from({ length }, () => random.integer(0, 9)).join('');
  const groups = random.pick(GROUPS[length] ?? [[length]]);
  let at = 0;
  return groups
    .map(size => {
      at += size;
      return digitByDigit(digits.slice(at - size, at));
    })
    .join(' - ');
}

function letters(name: string, random: SeededRandom): string {
  let said = '';
  for (const letter of name) said += `${said === '' ? '' : random.chance(0.5) ? ' + ' : ' '}${letter}`;
  return said;
}

function address({ streets, towns }: TurnSources, random: SeededRandom): string {
  const street = `${houseNumber(random.integer(3, 990))} ~ ${random.pick(streets)}`;
  const town = random.chance(0.6) ? ` / ${random.chance(0.5) ? 'in ' : ''}${random.pick(towns)}` : '';
  const code = town !== '' && random.chance(0.3) ? ` / ${number(5, random)}` : '';
  return street + town + code;
}

const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
const WEEKDAYS = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ');

function date(random: SeededRandom): string {
  const day = ordinal(random.integer(1, 28));
  const month = random.pick(MONTHS);
  switch (random.integer(0, 4)) {
    case 0:
      return 'tomorrow';
    case 1:
      return random.pick(WEEKDAYS);
    case 2:
      return `${random.pick(WEEKDAYS)} / ${month} ~ ${day}`;
    case 3:
      return `${month} / ${day}`;
    default:
      return `${month} ${day} / ${inPairs(random.integer(1941, 1999)).replace(cardinal(19), `${cardinal(19)} -`)}`;
  }
}
