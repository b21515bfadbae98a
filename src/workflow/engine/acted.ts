import type { Heard } from '../types.ts';
import { ACT_FROM, detectIntents } from '../understand/intents/detect.ts';
import { actOf, tellAct } from './act.ts';
import { type Draft, stageOf } from './draft.ts';
import { leastConfidence } from './hear.ts';
import { isForPerson } from './keys.ts';
import { endAct } from './stages.ts';

/** While a tool is used the caller is told to wait; what they want besides comes once it is over. */
export function hearOfAct(draft: Draft, heard: Heard): void {
  const { pending } = draft.memory;
  const stage = stageOf(draft);
  if (pending.ask !== 'act' || stage.kind !== 'act') return;
  if (heard.type === 'acted' && heard.id === pending.id) {
    endAct(draft, stage, tellAct(draft, stage, heard.outcome, heard.saves));
    return;
  }
  draft.act = actOf(draft, stage);
  if (heard.type === 'acted' || heard.type === 'person') return;
  if (heard.type === 'speech' && heard.confidence >= leastConfidence(draft) && isSeenTo(draft, heard.text))
    return;
  if (heard.type === 'keys' && isForPerson(heard.digits)) keepForPerson(draft);
  if (draft.act?.filler !== undefined) draft.say.push(draft.act.filler);
}

/** What can't wait is answered at once, and what leads elsewhere is kept; false where the caller is only to wait. */
function isSeenTo(draft: Draft, text: string): boolean {
  const { memory, program } = draft;
  const { always } = program.document;
  const wanted = new Set(
    detectIntents(text).flatMap(({ intent, confidence }) => (confidence < ACT_FROM ? [] : intent)),
  );
  if (wanted.has('emergency')) {
    draft.effects.push({ type: 'intent', intent: 'emergency' });
    draft.say.push(always.emergency);
    return true;
  }
  if (wanted.has('optOut') && memory.afterAct !== 'optOut') {
    draft.effects.push({ type: 'intent', intent: 'optOut' });
    draft.say.push(always.optOut);
    memory.afterAct = 'optOut';
    return true;
  }
  if (wanted.has('transfer')) keepForPerson(draft);
  return false;
}

function keepForPerson({ memory, effects }: Draft): void {
  if (memory.afterAct !== undefined) return;
  effects.push({ type: 'intent', intent: 'transfer' });
  memory.afterAct = 'person';
}
