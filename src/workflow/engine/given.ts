import { LIMITS } from '../../config/limits.ts';
import type { SlotValue } from '../types.ts';
import { type Draft, setSlot } from './draft.ts';

/** Keeps what is known before a word is said: for this workflow, and for those that the call is handed on to. */
export function noteGiven(draft: Draft, given: Readonly<Record<string, unknown>>): void {
  const known = Object.entries(given)
    .slice(0, LIMITS.givenSlots)
    .filter((entry): entry is [string, SlotValue] => isShort(entry[1]));
  draft.memory.given = { ...draft.memory.given, ...Object.fromEntries(known) };
}

/** Slots that may be given and have no value yet take it, where they would take it of a caller. */
export function takeGiven(draft: Draft): void {
  for (const [name, value] of Object.entries(draft.memory.given)) {
    const slot = draft.program.slots.get(name);
    const given = slot?.spec.given ?? false;
    if (slot === undefined || given === false || draft.slots[name] !== undefined) continue;
    if (slot.accepts(value, draft.todayIso)) setSlot(draft, name, value, given === 'confirmed');
  }
}

function isShort(value: unknown): value is SlotValue {
  if (typeof value === 'string') return value.length <= LIMITS.slotCharacters;
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}
