import { isDeepStrictEqual } from 'node:util';
import type { FlowState, TalkHistory, TalkTurn } from '../types.ts';

/** What a model remembered of a conversation, as it differs from what stands in the state. */
export interface RecalledHistory {
  /** So many of the newest turns of the state. */
  readonly kept: number;
  /** In place of them, where they are others. */
  readonly turns?: readonly TalkTurn[];
  /** Left out where it is the state's. */
  readonly summary?: string;
  readonly from: number;
  readonly summarised: number;
  readonly forgotten: number;
  readonly budgetTokens: number;
}

/** What there is to be known to make the second of the first. */
export function recallOf(known: TalkHistory, history: TalkHistory): RecalledHistory {
  const { turns, summary, from, summarised, forgotten, budgetTokens } = history;
  const isNewest = isSame(turns, newest(known.turns, turns.length));
  return {
    kept: isNewest ? turns.length : 0,
    ...(!isNewest && { turns }),
    ...(summary !== known.summary && { summary }),
    from,
    summarised,
    forgotten,
    budgetTokens,
  };
}

/** Most turns are the very same. */
function isSame(turns: readonly TalkTurn[], others: readonly TalkTurn[]): boolean {
  const isSameTurn = (turn: TalkTurn, at: number) =>
    turn === others[at] || isDeepStrictEqual(turn, others[at]);
  return turns.length === others.length && turns.every(isSameTurn);
}

export function recalled<H extends TalkHistory>(known: H, recall: RecalledHistory): H {
  const { kept, turns, summary = known.summary, from, summarised, forgotten, budgetTokens } = recall;
  return {
    ...known,
    turns: turns ?? newest(known.turns, kept),
    summary,
    from,
    summarised,
    forgotten,
    budgetTokens,
  };
}

/** What stands in a state, but for its budget. */
export function historyIn({ memory }: FlowState): TalkHistory {
  const { talk = [], summary = '', talkFrom = 0, talkSummarised = 0, talkForgotten = 0 } = memory;
  return {
    turns: talk as readonly TalkTurn[],
    summary: String(summary),
    from: Number(talkFrom),
    summarised: Number(talkSummarised),
    forgotten: Number(talkForgotten),
    budgetTokens: 0,
  };
}

function newest<T>(turns: readonly T[], count: number): readonly T[] {
  return count === 0 ? [] : turns.slice(-count);
}
