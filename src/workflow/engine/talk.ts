import type { FlowState, Talk } from '../types.ts';
import { type Draft, openDraft, type Program, render, stageOf } from './draft.ts';
import { enter } from './stages.ts';

/** What a model has to know to lead the conversation here; undefined where the workflow leads by itself. */
export function talkOf(program: Program, state: FlowState): Talk | undefined {
  const draft = openDraft(program, state, '2000-01-01');
  const stage = stageOf(draft);
  if (draft.done || stage.kind !== 'talk' || draft.memory.pending.ask !== 'talk') return undefined;
  return {
    instructions: stage.instructions,
    ways: Object.entries(stage.ways).map(([way, { meaning }]) => ({ way, meaning })),
    filler: stage.filler === undefined ? undefined : render(draft, stage.filler),
    turns: draft.memory.talk,
    summary: draft.memory.summary,
  };
}

/** Goes the way that the model chose; without one, where the call goes when there is no model. */
export function leaveTalk(draft: Draft, way: string | undefined): void {
  const stage = stageOf(draft);
  if (stage.kind !== 'talk') return;
  const chosen = way !== undefined && Object.hasOwn(stage.ways, way) ? stage.ways[way] : undefined;
  enter(draft, chosen?.to ?? stage.without);
}
