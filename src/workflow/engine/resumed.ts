import { type Draft, stageOf } from './draft.ts';
import { forget, takeUp } from './resume.ts';
import { begin, endAct, enter } from './stages.ts';

/** The caller has said whether to go on with the earlier call. */
export function settleResume(draft: Draft, yes: boolean): void {
  const { resume } = draft.program.document;
  const here = draft.stage;
  if (!yes) {
    forget(draft);
    if (resume?.no !== undefined) draft.say.push(resume.no);
    begin(draft);
    return;
  }
  if (resume?.yes !== undefined) draft.say.push(resume.yes);
  const { stage, end } = takeUp(draft);
  const at = stageOf(draft);
  // An act that is under way is either over, or goes on by itself.
  if (at.kind === 'act' && draft.stage === stage && (end !== undefined || draft.act !== undefined))
    endAct(draft, at, end);
  else if (stage === undefined || stage === here) begin(draft);
  else enter(draft, stage);
}
