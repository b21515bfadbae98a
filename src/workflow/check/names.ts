import type { WorkflowDocument } from '../schema.ts';
import type { SlotSpec } from '../slot_schema.ts';
import type { StageSpec } from '../stage_schema.ts';
import type { Path, Report } from './report.ts';

/** By what a call may end of itself; whoever wants a person may be handed on, and a wish may first be written down by a tool. */
const EXITS: Readonly<Record<keyof WorkflowDocument['exits'], readonly StageSpec['kind'][]>> = {
  exhausted: ['end'],
  goodbye: ['end'],
  optOut: ['end', 'act'],
  person: ['end', 'hand_off', 'person', 'act'],
};

export function checkNames(document: WorkflowDocument, report: Report): void {
  const places: readonly (readonly [Path, string])[] = [
    [['start'], document.start],
    ...(document.takeOver === undefined ? [] : [[['takeOver', 'start'], document.takeOver.start] as const]),
    ...Object.entries(document.exits).map(([exit, stage]) => [['exits', exit], stage] as const),
  ];
  for (const [path, stage] of places) needStage(document, path, stage, report);
  for (const [exit, name] of Object.entries(document.exits)) {
    const kind = stageNamed(document, name)?.kind;
    const kinds = EXITS[exit as keyof typeof EXITS];
    if (kind !== undefined && !kinds.includes(kind))
      report(['exits', exit], `${name} must be a stage of kind ${kinds.join(' or ')}`);
  }
  if (document.confidence.reject > document.confidence.sure) {
    report(['confidence', 'reject'], 'must not be above sure; lower it');
  }
}

export function stageNamed(document: WorkflowDocument, name: string): StageSpec | undefined {
  return Object.hasOwn(document.stages, name) ? document.stages[name] : undefined;
}

export function needStage(document: WorkflowDocument, path: Path, name: string, report: Report): void {
  if (stageNamed(document, name) === undefined)
    report(path, `there is no stage ${name}; add it under stages`);
}

/** A slot, or what a score comes to. */
export function needKnown(document: WorkflowDocument, path: Path, name: string, report: Report): void {
  if (!Object.hasOwn(document.slots, name) && !Object.hasOwn(document.scores, name))
    report(path, `there is no slot ${name}; add it under slots`);
}

export function slotNamed({ slots }: WorkflowDocument, name: string): SlotSpec | undefined {
  return Object.hasOwn(slots, name) ? slots[name] : undefined;
}

export function needSlot(document: WorkflowDocument, path: Path, name: string, report: Report): void {
  if (!Object.hasOwn(document.slots, name)) report(path, `there is no slot ${name}; add it under slots`);
}
