import type { WorkflowDocument } from '../schema.ts';
import { checkCondition } from './conditions.ts';
import { needSlot } from './names.ts';
import type { Path, Report } from './report.ts';
import { checkSentences } from './sentences.ts';

export function checkQuote(document: WorkflowDocument, path: Path, total: string, report: Report): void {
  if (document.pricing === undefined) report(path, 'a quote needs pricing; add it');
  checkSentences(document, [...path, 'total'], [total], ['amount', 'miles'], report);
}

export function checkPricing(document: WorkflowDocument, report: Report): void {
  const { pricing } = document;
  if (pricing === undefined) return;
  for (const end of ['from', 'to'] as const) {
    const slot = pricing.distance[end];
    needSlot(document, ['pricing', 'distance', end], slot, report);
    const kind = document.slots[slot]?.kind;
    if (kind !== undefined && kind !== 'town')
      report(['pricing', 'distance', end], 'must be a slot of kind town');
  }
  for (const [index, line] of pricing.lines.entries()) {
    const at = ['pricing', 'lines', index];
    if ('slot' in line) needSlot(document, [...at, 'slot'], line.slot, report);
    checkCondition(document, [...at, 'when'], line.when, report);
    checkSentences(document, [...at, 'say'], [line.say], ['amount', 'miles'], report);
  }
}
