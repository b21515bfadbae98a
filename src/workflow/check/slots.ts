import { REPAIRS } from '../kinds/repairs.ts';
import type { WorkflowDocument } from '../schema.ts';
import type { SlotSpec } from '../slot_schema.ts';
import type { Report } from './report.ts';

type By = SlotSpec['repair'][number]['by'];

const CANNOT: Readonly<Record<By, string>> = {
  again: '',
  spelling: 'can not be spelled',
  digits: 'can not be told digit by digit',
  keys: 'has no keys',
};

function canBeAsked(slot: SlotSpec, by: By): boolean {
  if (by === 'again') return true;
  const isDigits = slot.kind !== 'code' || [slot.pattern].flat().every(pattern => /^[9-]+$/.test(pattern));
  return REPAIRS[slot.kind].includes(by) && (isDigits || by === 'spelling');
}

/** What can't be seen in one value by itself. */
function rangeFault(slot: SlotSpec): string | undefined {
  switch (slot.kind) {
    case 'number':
    case 'percent':
      return slot.min > slot.max ? 'min must not be above max' : undefined;
    case 'money':
      return slot.minCents > slot.maxCents ? 'minCents must not be above maxCents' : undefined;
    case 'time':
      return slot.from > slot.to ? 'from must not be after to' : undefined;
    case 'date':
      return slot.withinDays === 0 && slot.pastDays === 0 ? 'no day can be told; give pastDays' : undefined;
    default:
      return undefined;
  }
}

export function checkSlots(document: WorkflowDocument, report: Report): void {
  for (const [name, slot] of Object.entries(document.slots)) {
    const fault = rangeFault(slot);
    if (fault !== undefined) report(['slots', name], fault);
    for (const [index, rung] of slot.repair.entries()) {
      const at = ['slots', name, 'repair', index, 'by'];
      if (!canBeAsked(slot, rung.by)) report(at, `${slot.kind} ${CANNOT[rung.by]}; use again`);
    }
  }
}
