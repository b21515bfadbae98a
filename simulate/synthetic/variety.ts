import type { LabelledCall } from './labelled.ts';

/** How varied what callers say is. */
export interface Variety {
  readonly calls: number;
  readonly callerTurns: number;
  readonly callerWords: number;
  /** Distinct words and runs of words of callers, and what part of all such runs they are. */
  readonly distinct: Readonly<Record<'1' | '2' | '3' | '4', number>>;
  readonly distinctShare: Readonly<Record<'1' | '2' | '3' | '4', number>>;
  /** Whole turns of callers that occur once. */
  readonly distinctTurns: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly personas: Readonly<Record<string, number>>;
}

const LENGTHS = ['1', '2', '3', '4'] as const;

export function varietyOf(calls: readonly LabelledCall[]): Variety {
  const turns = calls.flatMap(({ turns: own }) =>
    own.flatMap(({ by, text }) => (by === 'caller' ? [text] : [])),
  );
  const words = turns.map(text => text.toLowerCase().match(/[a-z0-9']+/g) ?? []);
  const runs = LENGTHS.map(length => {
    const all = words.flatMap(own => runsOf(own, Number(length)));
    return { length, all: all.length, distinct: new Set(all).size };
  });
  return {
    calls: calls.length,
    callerTurns: turns.length,
    callerWords: words.reduce((sum, own) => sum + own.length, 0),
    distinct: Object.fromEntries(runs.map(one => [one.length, one.distinct])) as Variety['distinct'],
    distinctShare: Object.fromEntries(
      runs.map(one => [one.length, one.all === 0 ? 0 : Math.round((1000 * one.distinct) / one.all) / 1000]),
    ) as Variety['distinctShare'],
    distinctTurns: new Set(turns).size,
    outcomes: counted(calls.map(({ outcome }) => outcome ?? 'hungUp')),
    personas: counted(calls.map(({ persona }) => persona)),
  };
}

function runsOf(words: readonly string[], length: number): readonly string[] {
  return Array.from({ length: Math.max(0, words.length - length + 1) }, (_, at) =>
    words.slice(at, at + length).join(' '),
  );
}

function counted(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
