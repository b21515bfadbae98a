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
    draft.effects.push(...scored(draft.program.document, draft.slots));
    draft.effects.push({ type: 'outcome', outcome: stage.outcome });
  } else if (became === 'left' && pending.joined) leavePerson(draft, stage);
  else if (became !== undefined) enter(draft, stage.otherwise);
}

function leavePerson(draft: Draft, { after }: PersonStage): void {
  if (after !== undefined) {
    enter(draft, after);
    return;
  }
  draft.memory.pending = { ask: 'nothing' };
  draft.done = true;
}
