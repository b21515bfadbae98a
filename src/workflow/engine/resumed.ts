import type { SlotValue } from '../types.ts';
import { scan } from '../understand/scan.ts';
import { ask, askAgain } from './ask.ts';
import { type Draft, slotNamed, stageOf } from './draft.ts';
import { lead } from './form.ts';
import { hearAll, hearSlots, hearSpelling, isStray, readersOf, type Utterance } from './hear.ts';
import { forget, takeUp } from './resume.ts';
import { begin, endAct, enter } from './stages.ts';

/** Wrong answers after which nobody is asked once more who they are. */
const MOST_WRONG = 2;

/** The caller has said whether to go on with the earlier call. */
export function settleResume(draft: Draft, yes: boolean): void {
  const { resume } = draft.program.document;
  const identify = draft.memory.earlier?.identify;
  if (!yes) {
    forget(draft);
    if (resume?.no !== undefined) draft.say.push(resume.no);
    begin(draft);
  } else if (identify === undefined) {
    goOn(draft);
  } else {
    const [rung] = slotNamed(draft, identify).spec.repair;
    if (resume?.confirm !== undefined) draft.say.push(resume.confirm.say);
    ask(draft, { ask: 'identify', slot: identify, wrong: 0 }, [rung?.prompt ?? []].flat());
  }
}

/** What the caller says to it; false where it is no answer. */
export function answerIdentity(draft: Draft, said: Utterance, slot: string): boolean {
  const value = saidOf(draft, said, slot);
  if (value === undefined) return false;
  judgeIdentity(draft, value);
  return true;
}

/** Who says the same goes on; of who does not nobody learns what would have been right. */
export function judgeIdentity(draft: Draft, value: SlotValue): void {
  const { pending, earlier } = draft.memory;
  if (pending.ask !== 'identify') return;
  const known = earlier?.slots[pending.slot]?.value;
  const isSame = known !== undefined && String(value).toLowerCase() === String(known).toLowerCase();
  const wrong = pending.wrong + 1;
  if (isSame) goOn(draft);
  else if (wrong >= MOST_WRONG) settleResume(draft, false);
  else {
    draft.memory.pending = { ...pending, wrong };
    askAgain(draft, lead(draft, 'sorry'));
  }
}

/** The best of what was heard: a second guess is none of the caller's. */
function saidOf(draft: Draft, said: Utterance, slot: string): SlotValue | undefined {
  const spelled = hearSpelling(draft, slot, said);
  if (spelled !== undefined) return spelled.values[0];
  if (slotNamed(draft, slot).readAll !== undefined) return hearAll(draft, slot, said)?.values[0];
  const found = scan(said.tokens, readersOf(draft, [slot], [slot]), false);
  if (isStray(found)) return undefined;
  return hearSlots(draft, [slot], said, found, [slot])[0]?.values[0];
}

function goOn(draft: Draft): void {
  const { resume } = draft.program.document;
  const here = draft.stage;
  if (resume?.yes !== undefined) draft.say.push(resume.yes);
  const { stage, end } = takeUp(draft);
  const at = stageOf(draft);
  // An act that is under way is either over, or goes on by itself.
  if (at.kind === 'act' && draft.stage === stage && (end !== undefined || draft.act !== undefined))
    endAct(draft, at, end);
  else if (stage === undefined || stage === here) begin(draft);
  else enter(draft, stage);
}
