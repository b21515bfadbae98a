import type { Slot } from '../kinds/kind.ts';
import { answer } from './answer.ts';
import { type Draft, formOf, slotNamed } from './draft.ts';
import { allow } from './form.ts';
import { miss } from './miss.ts';
import { judgeIdentity } from './resumed.ts';
import { enterExit } from './stages.ts';
import { take } from './take.ts';

const KEY_WORDS: Readonly<Record<string, string>> = { '1': 'yes', '2': 'no' };
/** So callers ask for a person wherever they are, on the keys and by voice. */
const PERSON_KEYS = /^0{1,3}$/;
const PERSON_SAID: ReadonlySet<string> = new Set(['zero', '0', 'zero zero', 'zero please', 'press zero']);
/** What nothing but a yes or a no answers. */
const YES_OR_NO: ReadonlySet<string> = new Set(['consent', 'sure', 'resume']);

/**
 * Keys spell the slot that is asked for; elsewhere they are yes (1), no (2) or the wish for a person (0), as zeros are that
 * are keyed again where they are no answer. Keys are not misheard, so they undo a refusal.
 */
export function takeKeys(draft: Draft, digits: string): void {
  const slot = keyedSlot(draft);
  const word = KEY_WORDS[digits];
  if (slot !== undefined) {
    const keyed = slot.fromKeys?.(digits.replace(/#$/, ''), draft.todayIso) ?? [];
    const values = keyed.filter(value => slot.accepts(value, draft.todayIso));
    if (draft.memory.pending.ask === 'identify') {
      const [value] = values;
      if (value === undefined) miss(draft);
      else judgeIdentity(draft, value);
      return;
    }
    if (values.length === 0 && isForPerson(digits) && isAskedAgain(draft)) {
      wantPerson(draft);
      return;
    }
    allow(draft, slot.name, values);
    take(draft, [{ slot: slot.name, values, refusedAgain: [], rivals: [] }], false);
  } else if (isForPerson(digits)) {
    wantPerson(draft);
  } else if (word === undefined) {
    miss(draft);
  } else {
    answer(draft, { text: word, tokens: [word], others: [], confidence: 1 });
  }
}

/** Whether these keys ask for a person, where they are no answer. */
export function isForPerson(digits: string): boolean {
  return PERSON_KEYS.test(digits);
}

/** Whether "zero" alone means that key: neither a number nor the beginning of one is asked for, or it was no answer before. */
export function isZeroSaid(draft: Draft, tokens: readonly string[]): boolean {
  const { ask } = draft.memory.pending;
  const isOpen = ask === 'question' || YES_OR_NO.has(ask);
  if (!isOpen || !PERSON_SAID.has(tokens.join(' '))) return false;
  return keyedSlot(draft) === undefined || isAskedAgain(draft);
}

function isAskedAgain({ memory }: Draft): boolean {
  return memory.misses > 0;
}

export function wantPerson(draft: Draft): void {
  draft.effects.push({ type: 'intent', intent: 'transfer' });
  enterExit(draft, 'person');
}

/** The slot that keys fill: the one under repair, or the number that a question begins with. */
function keyedSlot(draft: Draft): Slot | undefined {
  const { pending } = draft.memory;
  const names = pending.ask === 'question' ? formOf(draft).questions[pending.index]?.slots : undefined;
  const [first] = pending.ask === 'repair' || pending.ask === 'identify' ? [pending.slot] : (names ?? []);
  const slot = first === undefined ? undefined : slotNamed(draft, first);
  return slot?.fromKeys === undefined ? undefined : slot;
}
