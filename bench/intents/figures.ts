import { ACT_FROM, detectIntents } from '../../src/workflow/understand/intents/detect.ts';
import { INTENTS, type Intent } from '../../src/workflow/understand/intents/types.ts';
import { wilson } from '../bargein/verdict.ts';
import type { Phrase } from './phrases.ts';

/** Of an intent, or of all: pairs of a phrase and an intent. */
interface IntentFigures {
  readonly said: number;
  readonly found: number;
  readonly right: number;
  readonly precisionPct: number;
  readonly recallPct: number;
  /** 95 % (E. B. Wilson, 1927). */
  readonly precisionPctInterval: readonly [number, number];
  readonly recallPctInterval: readonly [number, number];
}

export interface PartFigures {
  readonly phrases: number;
  /** Phrases that ask for nothing of it, and of these those in which something was found. */
  readonly neutral: number;
  readonly neutralWronged: number;
  readonly all: IntentFigures;
  readonly byIntent: Readonly<Record<Intent, IntentFigures>>;
  /** Of the languages that were asked for by name, in phrases where the wish was found. */
  readonly languages: { readonly named: number; readonly right: number };
}

/** What is wrong with one phrase. */
interface Mistake {
  readonly text: string;
  readonly missed: readonly Intent[];
  readonly wrong: readonly string[];
}

interface Judged {
  readonly phrase: Phrase;
  readonly found: ReadonlyMap<Intent, string | undefined>;
}

/** What an agent would act on in each phrase. */
function judge(phrases: readonly Phrase[]): readonly Judged[] {
  return phrases.map(phrase => {
    const detected = detectIntents(phrase.text, phrase.asked === undefined ? {} : { asked: phrase.asked });
    const sure = detected.filter(({ confidence }) => confidence >= ACT_FROM);
    return { phrase, found: new Map(sure.map(({ intent, language }) => [intent, language])) };
  });
}

export function figuresOf(phrases: readonly Phrase[]): PartFigures {
  const judged = judge(phrases);
  const counts = INTENTS.map(intent => countsOf(judged, intent));
  const neutral = judged.filter(({ phrase }) => phrase.intents.length === 0);
  const named = judged.filter(
    ({ phrase, found }) => phrase.language !== undefined && found.has('languageSwitch'),
  );
  const sum = (key: keyof Counts): number => counts.reduce((total, count) => total + count[key], 0);
  return {
    phrases: phrases.length,
    neutral: neutral.length,
    neutralWronged: neutral.filter(({ found }) => found.size > 0).length,
    all: figuresOfCounts({ said: sum('said'), found: sum('found'), right: sum('right') }),
    byIntent: Object.fromEntries(
      INTENTS.map((intent, at) => [intent, figuresOfCounts(counts[at]!)]),
    ) as Record<Intent, IntentFigures>,
    languages: {
      named: named.length,
      right: named.filter(({ phrase, found }) => found.get('languageSwitch') === phrase.language).length,
    },
  };
}

/** Only for the part that patterns are written with. */
export function mistakesIn(phrases: readonly Phrase[]): readonly Mistake[] {
  return judge(phrases).flatMap(({ phrase, found }) => {
    const missed = phrase.intents.filter(intent => !found.has(intent));
    const wrong: string[] = [...found.keys()].filter(intent => !phrase.intents.includes(intent));
    if (found.has('languageSwitch') && found.get('languageSwitch') !== phrase.language)
      wrong.push(`language ${found.get('languageSwitch')}`);
    return missed.length + wrong.length === 0 ? [] : { text: phrase.text, missed, wrong };
  });
}

interface Counts {
  readonly said: number;
  readonly found: number;
  readonly right: number;
}

function countsOf(judged: readonly Judged[], intent: Intent): Counts {
  const said = judged.filter(({ phrase }) => phrase.intents.includes(intent));
  return {
    said: said.length,
    found: judged.filter(({ found }) => found.has(intent)).length,
    right: said.filter(({ found }) => found.has(intent)).length,
  };
}

function figuresOfCounts({ said, found, right }: Counts): IntentFigures {
  return {
    said,
    found,
    right,
    precisionPct: percent(right, found),
    recallPct: percent(right, said),
    precisionPctInterval: wilson(right, found),
    recallPctInterval: wilson(right, said),
  };
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.round((1000 * part) / whole) / 10;
}
