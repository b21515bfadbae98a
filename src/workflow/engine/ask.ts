import type { Draft } from './draft.ts';
import type { Pending } from './memory.ts';

/** Asks something new: what was missed before counts no more. */
export function ask(draft: Draft, pending: Pending, sentences: readonly string[]): void {
  draft.memory.pending = pending;
  draft.memory.asked = [...sentences];
  draft.memory.misses = 0;
  draft.say.push(...sentences);
}

/** Asks the same again behind a few words. */
export function askAgain(draft: Draft, ...lead: readonly string[]): void {
  draft.say.push(...lead, ...draft.memory.asked);
}
