import { slotsOf } from '../condition.ts';
import type { Condition } from '../condition_schema.ts';
import type { WorkflowDocument } from '../schema.ts';
import type { NextSpec } from '../stage_schema.ts';
import { needKnown, needStage } from './names.ts';
import type { Path, Report } from './report.ts';

export function checkCondition(
  document: WorkflowDocument,
  path: Path,
  when: Condition | undefined,
  report: Report,
): void {
  for (const slot of when === undefined ? [] : slotsOf(when)) needKnown(document, path, slot, report);
}

export function checkNext(document: WorkflowDocument, path: Path, next: NextSpec, report: Report): void {
  for (const [index, branch] of next.entries()) {
    needStage(document, [...path, index, 'to'], branch.to, report);
    checkCondition(document, [...path, index, 'when'], branch.when, report);
    const last = index === next.length - 1;
    if (last && branch.when !== undefined)
      report([...path, index], 'the last branch must hold always; add one without when');
    if (!last && branch.when === undefined)
      report([...path, index], 'nothing after it is ever reached; give it a when');
  }
}
