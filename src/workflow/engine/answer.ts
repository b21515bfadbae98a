import { scan } from '../understand/scan.ts';
import { type Draft, formOf, slotNamed } from './draft.ts';
import { formSlots } from './form.ts';
import { hearAll, hearSlots, hearSpelling, isStray, isUnsure, readersOf, type Utterance } from './hear.ts';
import type { Pending } from './memory.ts';
import { miss } from './miss.ts';
import { answerOffer } from './offer.ts';
import { answerReadBack, answerWhich } from './read_back.ts';
import { answerIdentity, settleResume } from './resumed.ts';
import { recordConsent } from './stages.ts';
import { settle } from './sure.ts';
import { take } from './take.ts';

/** Takes the caller's words as the answer to the open question; what is no answer is a miss. */
export function answer(draft: Draft, said: Utterance): void {
  if (!answered(draft, said, draft.memory.pending)) miss(draft);
}

function answered(draft: Draft, said: Utterance, pending: Pending): boolean {
  switch (pending.ask) {
    case 'nothing':
    case 'talk':
    case 'person':
    case 'act':
      return true;
    case 'consent':
      return answerYesNo(said, yes => recordConsent(draft, yes));
    case 'resume':
      return answerYesNo(said, yes => settleResume(draft, yes));
    case 'identify':
      return answerIdentity(draft, said, pending.slot);
    case 'sure':
      return answerYesNo(said, yes => settle(draft, pending, yes));
    case 'question':
      return answerQuestion(draft, said, formOf(draft).questions[pending.index]?.slots ?? []);
    case 'repair':
      return answerSpelling(draft, said, pending.slot) || answerQuestion(draft, said, [pending.slot]);
    case 'readBack':
      return answerReadBack(draft, said);
    case 'which':
      return answerWhich(draft, said);
    case 'offer':
      return answerOffer(draft, said, pending);
  }
}

function answerYesNo(said: Utterance, then: (yes: boolean) => void): boolean {
  const found = scan(said.tokens, [], true);
  if (found.answer === undefined || isStray(found)) return false;
  then(found.answer);
  return true;
}

/** A repair may be answered by spelling, whether it asked for that or not. */
function answerSpelling(draft: Draft, said: Utterance, slot: string): boolean {
  const spelling = hearSpelling(draft, slot, said);
  if (spelling === undefined) return false;
  draft.memory.spelled = [...new Set([...draft.memory.spelled, slot])];
  take(draft, [spelling], false);
  return true;
}

function answerQuestion(draft: Draft, said: Utterance, wanted: readonly string[]): boolean {
  const [only = ''] = wanted;
  if (wanted.length !== 1 || slotNamed(draft, only).readAll === undefined)
    return answerSlots(draft, said, wanted);
  const heard = hearAll(draft, only, said);
  if (heard === undefined) return false;
  take(draft, [heard], said.confidence < draft.program.document.confidence.sure);
  return true;
}

/** Takes the wanted slots, and others of the form only if they come with a wanted one. */
function answerSlots(draft: Draft, said: Utterance, wanted: readonly string[]): boolean {
  const names = inScope(draft, wanted);
  const yesNoSlot = wanted.find(slot => slotNamed(draft, slot).spec.kind === 'yes_no');
  const found = scan(said.tokens, readersOf(draft, names, wanted), yesNoSlot !== undefined);
  if (isStray(found)) return false;
  const heard = [...hearSlots(draft, names, said, found, wanted)];
  if (yesNoSlot !== undefined && found.answer !== undefined && !heard.some(one => one.slot === yesNoSlot)) {
    heard.push({ slot: yesNoSlot, values: [found.answer], refusedAgain: [], rivals: [] });
  }
  if (!heard.some(one => wanted.includes(one.slot))) return false;
  take(draft, heard, isUnsure(draft, said, found));
  return true;
}

/** Kinds whose bare numbers or yes and no could be meant for one another. */
const CONFUSABLE: ReadonlySet<string> = new Set(['floor', 'count', 'house_number', 'yes_no']);

/** A question may be answered with more than it asks for, within its form, where the parts can't be confused. */
export function inScope(draft: Draft, wanted: readonly string[]): readonly string[] {
  const confusable = (slot: string): boolean => CONFUSABLE.has(slotNamed(draft, slot).spec.kind);
  const alone = wanted.length === 1 && wanted.some(confusable);
  const others = formSlots(draft).filter(slot => !(alone && confusable(slot)));
  return [...new Set([...wanted, ...others])];
}
