import { askAgain } from './ask.ts';
import { clearSlot, type Draft, formOf } from './draft.ts';
import { askedSlots, fail, helpOf, lead } from './form.ts';
import type { Pending } from './memory.ts';
import { settleResume } from './resumed.ts';
import { enterExit, proceed, recordConsent } from './stages.ts';
import { settle } from './sure.ts';

/** The utterance was no answer: it is asked again with help, and when that does not help, in another way. */
export function miss(draft: Draft, because?: string): void {
  const { memory, program } = draft;
  memory.misses += 1;
  memory.missed += 1;
  if (memory.misses <= program.document.patience.misses) {
    askAgain(draft, ...new Set([because ?? lead(draft, 'notUnderstood'), ...helpOf(draft)]));
  } else {
    giveUpQuestion(draft, memory.pending);
  }
}

/** Without an answer there is no consent, nothing is ended or begun again, and a slot goes to its next repair. */
function giveUpQuestion(draft: Draft, pending: Pending): void {
  const slots = slotsInQuestion(draft, pending);
  if (pending.ask === 'consent') {
    recordConsent(draft, false);
  } else if (pending.ask === 'sure') {
    settle(draft, pending, false);
  } else if (pending.ask === 'resume' || pending.ask === 'identify') {
    settleResume(draft, false);
  } else if (slots.length === 0) {
    enterExit(draft, 'exhausted');
  } else {
    for (const slot of slots) clearSlot(draft, slot);
    failAndGoOn(draft, slots);
  }
}

export function failAndGoOn(draft: Draft, slots: readonly string[]): void {
  for (const slot of slots) fail(draft, slot);
  draft.say.push(lead(draft, 'sorry'));
  proceed(draft);
}

/** The slots that the open question leaves without a value. */
function slotsInQuestion(draft: Draft, pending: Pending): readonly string[] {
  if (pending.ask === 'repair' || pending.ask === 'offer') return [pending.slot];
  if (pending.ask === 'which' || pending.ask === 'readBack') return askedSlots(draft);
  if (pending.ask !== 'question') return [];
  const slots = formOf(draft).questions[pending.index]?.slots ?? [];
  return slots.filter(slot => draft.slots[slot] === undefined).slice(0, 1);
}
