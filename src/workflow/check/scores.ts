import type { WorkflowDocument } from '../schema.ts';
import { checkCondition } from './conditions.ts';
import type { Report } from './report.ts';

/** Scores look at slots only: one that looked at another could go round in a circle. */
export function checkScores(document: WorkflowDocument, report: Report): void {
  const slotsOnly = { ...document, scores: {} };
  for (const [name, { rules }] of Object.entries(document.scores)) {
    if (Object.hasOwn(document.slots, name)) report(['scores', name], 'is a slot as well; call it otherwise');
    for (const [index, { when }] of rules.entries())
      checkCondition(slotsOnly, ['scores', name, 'rules', index, 'when'], when, report);
  }
}
