import { LIMITS } from '../../config/limits.ts';
import { personaWords } from '../persona.ts';
import type { TalkStage } from '../stage_schema.ts';
import { withTurn } from '../talk_history.ts';
import type { FlowState, FlowStep, Talk, TalkHistory, ToolExchange } from '../types.ts';
import { type Draft, openDraft, type Program, render, stageOf } from './draft.ts';
import { guardrailWords, isGuarded } from './guard.ts';
import { mustSayIn } from './must_say.ts';
import { saveAnswers } from './saves.ts';
import { enter } from './stages.ts';

/** What a model has to know to lead the conversation here; undefined where the workflow leads by itself. */
export function talkOf(program: Program, state: FlowState): Talk | undefined {
  const draft = openDraft(program, state, '2000-01-01');
  const stage = stageOf(draft);
  if (draft.done || stage.kind !== 'talk' || draft.memory.pending.ask !== 'talk') return undefined;
  const tools = stage.tools.flatMap(name => program.tools.get(name) ?? []);
  const fillers = tools.flatMap(({ name, spec: { filler } }) =>
    filler === undefined ? [] : [[name, render(draft, filler)] as const],
  );
  return {
    instructions: instructionsOf(draft, stage),
    tools,
    toolFillers: Object.fromEntries(fillers),
    turn: draft.memory.talked,
    unknownTools: draft.memory.unknownTools,
    isGuarded: isGuarded(draft),
    ways: Object.entries(stage.ways).map(([way, { meaning }]) => ({ way, meaning })),
    filler: stage.filler === undefined ? undefined : render(draft, stage.filler),
    ...historyOf(draft),
  };
}

/** Who speaks, and what is to be done here. */
function instructionsOf(draft: Draft, { instructions }: TalkStage): string {
  const { persona, guardrails } = draft.program.document;
  const guards = guardrailWords(guardrails, mustSayIn(draft));
  return [...(persona === undefined ? [] : [personaWords(persona)]), instructions, ...guards].join('\n\n');
}

/** Goes the way that the model chose; without one, where the call goes when there is no model. */
export function leaveTalk(draft: Draft, way: string | undefined): void {
  const stage = stageOf(draft);
  if (stage.kind !== 'talk') return;
  const chosen = way !== undefined && Object.hasOwn(stage.ways, way) ? stage.ways[way] : undefined;
  enter(draft, chosen?.to ?? stage.without);
}

/** Keeps what came of a tool that a model called. */
export function tellTool(
  program: Program,
  state: FlowState,
  { id, tool, argumentsJson, text, signature, key, isUnknown, saves }: ToolExchange,
  todayIso: string,
): Pick<FlowStep, 'state' | 'effects'> {
  const draft = openDraft(program, state, todayIso);
  const { memory } = draft;
  saveAnswers(draft, tool, saves);
  const others = memory.unknownTools.filter(one => one.signature !== signature);
  const unknownTools = isUnknown ? [...others, { signature, key }].slice(-LIMITS.toolRuns) : others;
  const told = { ...state, slots: draft.slots, memory: { ...memory, unknownTools } };
  const turn = { by: 'tool', id, tool, argumentsJson, text } as const;
  return { state: withTurn(told, historyOf(draft), turn), effects: draft.effects };
}

export function historyOf({ memory, program }: Draft): TalkHistory {
  return {
    turns: memory.talk,
    summary: memory.summary,
    from: memory.talkFrom,
    summarised: memory.talkSummarised,
    forgotten: memory.talkForgotten,
    budgetTokens: program.document.historyTokens,
  };
}
