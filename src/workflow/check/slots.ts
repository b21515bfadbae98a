import type { WorkflowDocument } from '../schema.ts';
import type { Report } from './report.ts';

export function checkSlots(document: WorkflowDocument, report: Report): void {
  for (const [name, slot] of Object.entries(document.slots)) {
    for (const [index, rung] of slot.repair.entries()) {
      const at = ['slots', name, 'repair', index, 'by'];
      if (rung.by === 'spelling' && slot.kind !== 'street' && slot.kind !== 'town') {
        report(at, 'only streets and towns can be spelled; use again');
      }
      if (rung.by === 'digits' && slot.kind !== 'house_number') {
        report(at, 'only house numbers can be told digit by digit; use again');
      }
      if (rung.by === 'keys' && (slot.kind === 'choice' || slot.kind === 'yes_no')) {
        report(at, 'choices have no keys; use again');
      }
    }
  }
}
