import type { PersonStage } from '../stage_schema.ts';
import type { Heard } from '../types.ts';
import { type Draft, stageOf } from './draft.ts';
import { scored } from './score.ts';
import { enter } from './stages.ts';

/** Only what becomes of the person counts meanwhile. A call that goes on after a gap has lost them. */
export function hearOfPerson(draft: Draft, heard: Heard): void {
  const { pending } = draft.memory;
  const stage = stageOf(draft);
  if (pending.ask !== 'person' || stage.kind !== 'person') return;
  const became = heard.type === 'start' ? 'left' : heard.type === 'person' ? heard.became : undefined;
  if (became === 'joined') {
    draft.memory.pending = { ask: 'person', joined: true };
    reachedPerson(draft, stage);
  } else if (became === 'taken') {
    if (!pending.joined) reachedPerson(draft, stage);
    endCall(draft);
  } else if (became === 'left' && pending.joined) leavePerson(draft, stage);
  else if (became !== undefined) enter(draft, stage.otherwise);
}

function reachedPerson(draft: Draft, { outcome }: PersonStage): void {
  draft.effects.push(...scored(draft.program.document, draft.slots), { type: 'outcome', outcome });
}

function leavePerson(draft: Draft, { after }: PersonStage): void {
  if (after === undefined) endCall(draft);
  else enter(draft, after);
}

function endCall(draft: Draft): void {
  draft.memory.pending = { ask: 'nothing' };
  draft.done = true;
}
