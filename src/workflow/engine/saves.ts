import type { SlotValue } from '../types.ts';
import { type Draft, setSlot, slotNamed } from './draft.ts';

/** A slot takes of a tool what it would take of a caller, and nothing else; what it is given, it was not told by one. */
export function saveAnswers(draft: Draft, tool: string, saves: Readonly<Record<string, unknown>>): void {
  for (const slot of Object.keys(draft.program.tools.get(tool)?.spec.saves ?? {})) {
    const value = Object.hasOwn(saves, slot) ? saves[slot] : undefined;
    if (isSlotValue(value) && slotNamed(draft, slot).accepts(value, draft.todayIso))
      setSlot(draft, slot, value, false);
  }
}

function isSlotValue(value: unknown): value is SlotValue {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
