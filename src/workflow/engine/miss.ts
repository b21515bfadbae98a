import { askAgain } from './ask.ts';
import { type Draft, formOf } from './draft.ts';
import { fail, helpOf, lead } from './form.ts';
import type { Pending } from './memory.ts';
import { enterExit, proceed, recordConsent } from './stages.ts';
import { settle } from './sure.ts';

/** The utterance was no answer: it is asked again with help, and when that does not help, in another way. */
export function miss(draft: Draft, because?: string): void {
  const { memory, program } = draft;
  memory.misses += 1;
  if (memory.misses <= program.document.patience.misses) {
    askAgain(draft, because ?? lead(draft, 'notUnderstood'), ...helpOf(draft));
  } else {
    giveUpQuestion(draft, memory.pending);
  }
}

/** Without an answer there is no consent, nothing is ended or begun again, and a slot goes to its next repair. */
function giveUpQuestion(draft: Draft, pending: Pending): void {
  const slot = slotInQuestion(draft, pending);
  if (pending.ask === 'consent') {
    recordConsent(draft, false);
  } else if (pending.ask === 'sure') {
    settle(draft, pending, false);
  } else if (slot === undefined) {
    enterExit(draft, 'exhausted');
  } else {
    failAndGoOn(draft, [slot]);
  }
}

export function failAndGoOn(draft: Draft, slots: readonly string[]): void {
  for (const slot of slots) fail(draft, slot);
  draft.say.push(lead(draft, 'sorry'));
  proceed(draft);
}

function slotInQuestion(draft: Draft, pending: Pending): string | undefined {
  if (pending.ask === 'repair' || pending.ask === 'offer') return pending.slot;
  if (pending.ask !== 'question') return undefined;
  return formOf(draft).questions[pending.index]?.slots.find(slot => draft.slots[slot] === undefined);
}
