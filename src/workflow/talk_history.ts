import { LIMITS } from '../config/limits.ts';
import type { FlowState, Talk, TalkTurn } from './types.ts';

/** A state in which more was said with a model; what no longer fits goes, the oldest first. */
export function withTurn(state: FlowState, talk: Pick<Talk, 'turns' | 'summary'>, turn: TalkTurn): FlowState {
  const turns = fitting([...talk.turns, turn]);
  const { memory } = state;
  const asked = turn.by === 'agent' ? { asked: [turn.text] } : {};
  const talked = Number(memory.talked ?? 0) + (turn.by === 'caller' ? 1 : 0);
  return { ...state, memory: { ...memory, ...asked, talk: turns, summary: talk.summary, talked } };
}

/** The newest turns that fit into LIMITS.talkHistoryCharacters, beginning with the caller's. */
function fitting(turns: readonly TalkTurn[]): readonly TalkTurn[] {
  let characters = 0;
  let from = turns.length;
  while (from > 0 && characters + sizeOf(turns[from - 1]!) <= LIMITS.talkHistoryCharacters) {
    from -= 1;
    characters += sizeOf(turns[from]!);
  }
  while (from > 0 && from < turns.length && turns[from]!.by !== 'caller') from += 1;
  return turns.slice(from);
}

function sizeOf(turn: TalkTurn): number {
  return turn.text.length + 16 + (turn.by === 'tool' ? turn.argumentsJson.length + 32 : 0);
}
