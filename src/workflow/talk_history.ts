import { modelTokens } from './model_tokens.ts';
import type { Flow, FlowState, Talk, TalkHistory, TalkTurn } from './types.ts';

/** Shares of the budget: beyond the first the oldest turns are summarised, until the newest fill the second. */
const FULL_SHARE = 0.7;
const KEPT_SHARE = 0.3;
/** What a summary may take of it. */
const SUMMARY_SHARE = 0.25;
/** The last exchange stays as it was said, whatever its length. */
const KEPT_TURNS = 2;
/** What a message costs beside its text. */
const TURN_TOKENS = 6;

/** Turns that are to be told in short, together with what was told so before. */
export interface Fold {
  readonly summary: string;
  readonly turns: readonly TalkTurn[];
  /** Their places among all turns: the first, and the one behind the last. */
  readonly from: number;
  readonly upTo: number;
  /** What the new summary may take. */
  readonly summaryTokens: number;
}

/** A summary in place of the turns of a fold. */
export interface Folded extends Omit<Fold, 'summaryTokens'> {}

/** A state in which more was said with a model; what no longer fits goes, the oldest first. */
export function withTurn(state: FlowState, history: TalkHistory, turn: TalkTurn): FlowState {
  const { turns, summary, from, summarised, forgotten } = fitting({
    ...history,
    turns: [...history.turns, turn],
  });
  const { memory } = state;
  const asked = turn.by === 'agent' ? { asked: [turn.text] } : {};
  const talk = { talk: turns, summary, talkFrom: from, talkSummarised: summarised, talkForgotten: forgotten };
  const talked = Number(memory.talked ?? 0) + (turn.by === 'caller' ? 1 : 0);
  return { ...state, memory: { ...memory, ...asked, ...talk, talked } };
}

/** The same, for whoever follows by what the flow is led. */
export function keepTurn(flow: Flow, state: FlowState, history: TalkHistory, turn: TalkTurn): FlowState {
  return flow.keepTurn?.(state, history, turn) ?? withTurn(state, history, turn);
}

/** What is to be summarised by now, whole exchanges of it; undefined while there is room. */
export function foldOf(history: TalkHistory): Fold | undefined {
  const { turns, summary, from, budgetTokens } = history;
  if (historyTokens(history) <= FULL_SHARE * budgetTokens) return undefined;
  let kept = 0;
  let at = turns.length;
  while (at > 0) {
    kept += tokensOf(turns[at - 1]!);
    if (kept > KEPT_SHARE * budgetTokens && turns.length - at >= KEPT_TURNS) break;
    at -= 1;
  }
  while (at > 0 && turns[at]!.by !== 'caller') at -= 1;
  if (at <= 0) return undefined;
  const summaryTokens = Math.floor(SUMMARY_SHARE * budgetTokens);
  return { summary, turns: turns.slice(0, at), from, upTo: from + at, summaryTokens };
}

/**
 * The history with the summary in place of the turns that it tells of: what was said meanwhile stays. One that is known already,
 * or tells of turns that this history has not had, changes nothing.
 */
export function withFolded<H extends TalkHistory>(history: H, folded: Folded): H {
  const { turns, from, summarised, forgotten } = history;
  const { summary, upTo } = folded;
  if (upTo <= summarised || upTo > from + turns.length) return history;
  const known = Math.max(0, upTo - from);
  const isOther = turns
    .slice(0, known)
    .some((turn, at) => !isSame(turn, folded.turns[from + at - folded.from]));
  if (isOther) return history;
  // Some may have been given up while the summary was written.
  const foundAgain = Math.max(0, Math.min(from, upTo) - folded.from);
  return fitting({
    ...history,
    turns: turns.slice(known),
    summary,
    from: from + known,
    summarised: upTo,
    forgotten: Math.max(0, forgotten - foundAgain),
  });
}

/** Turns and summary together. */
export function historyTokens({ turns, summary }: Pick<Talk, 'turns' | 'summary'>): number {
  return turns.reduce((sum, turn) => sum + tokensOf(turn), modelTokens(summary));
}

/** The newest turns that fit into the budget beside the summary, beginning with the caller's; what the caller said last stays. */
function fitting<H extends TalkHistory>(history: H): H {
  const { turns, summary, from, forgotten, budgetTokens } = history;
  const last = turns.findLastIndex(({ by }) => by === 'caller');
  let at = last < 0 ? turns.length : last;
  let tokens = historyTokens({ turns: turns.slice(at), summary });
  while (at > 0 && tokens + tokensOf(turns[at - 1]!) <= budgetTokens) {
    at -= 1;
    tokens += tokensOf(turns[at]!);
  }
  while (at > 0 && at < turns.length && turns[at]!.by !== 'caller') at += 1;
  if (at === 0) return history;
  return { ...history, turns: turns.slice(at), from: from + at, forgotten: forgotten + at };
}

function isSame(turn: TalkTurn, other: TalkTurn | undefined): boolean {
  return turn.by === other?.by && turn.text === other.text;
}

function tokensOf(turn: TalkTurn): number {
  const call = turn.by === 'tool' ? TURN_TOKENS + modelTokens(turn.argumentsJson) : 0;
  return TURN_TOKENS + modelTokens(turn.text) + call;
}
