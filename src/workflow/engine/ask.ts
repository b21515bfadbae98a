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

/** What the caller was asked last where a model leads, which stays open; not all of what is said there is a question. */
export function talkQuestion({ memory }: Draft): readonly string[] {
  const words = memory.talk.findLast(({ by }) => by === 'agent')?.text ?? memory.said.join(' ');
  const last = /[^.!?]+\?$/u.exec(words.trim())?.[0];
  return last === undefined ? [] : [last.trim()];
}
