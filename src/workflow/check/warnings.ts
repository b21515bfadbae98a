import { stepsOf } from '../act_steps.ts';
import type { WorkflowSource } from '../document.ts';
import type { WorkflowDocument } from '../schema.ts';
import { placeholdersOf } from '../speak/template.ts';
import { spokenTexts } from '../spoken_texts.ts';
import { stageNamed } from './names.ts';
import type { Report } from './report.ts';
import { waysOf } from './ways.ts';

/** What may be meant, and is worth a look: slots that nobody fills, and that are said before anybody could. */
export function warningsOf({ document, fault }: WorkflowSource): readonly string[] {
  const warnings: string[] = [];
  const report: Report = (path, what) => warnings.push(fault(path, what));
  warnOfUnfilled(document, report);
  if (document.takeOver === undefined) warnOfEarlyUse(document, report);
  return warnings;
}

function warnOfUnfilled(document: WorkflowDocument, report: Report): void {
  const filled = new Set(Object.keys(document.stages).flatMap(name => filledIn(document, name)));
  for (const [name, { given }] of Object.entries(document.slots)) {
    if (!filled.has(name) && given === false)
      report(
        ['slots', name],
        'no stage asks for it or fills it; it has a value only if another workflow hands it over',
      );
  }
}

/** Sentences of a stage with slots that have no value yet on any way there: nothing is said for them. */
function warnOfEarlyUse(document: WorkflowDocument, report: Report): void {
  const known = knownOnEntry(document);
  for (const { path, text } of spokenTexts(document)) {
    const stage = String(path[1]);
    const before = path[0] === 'stages' ? known.get(stage) : undefined;
    if (before === undefined) continue;
    const here = path[2] === 'say' ? [] : filledIn(document, stage);
    for (const name of placeholdersOf(text)) {
      const isSlot = Object.hasOwn(document.slots, name);
      if (isSlot && !before.has(name) && !here.includes(name))
        report(path, `says ${name}, which no way here has filled; it is left out`);
    }
  }
}

/** Slots that may have a value when a stage is entered, by its name. */
function knownOnEntry(document: WorkflowDocument): ReadonlyMap<string, ReadonlySet<string>> {
  const given = Object.entries(document.slots).flatMap(([name, slot]) => (slot.given === false ? [] : name));
  const known = new Map<string, Set<string>>();
  const queue: (readonly [stage: string, slots: readonly string[]])[] = [[document.start, given]];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [name, slots] = next;
    const before = known.get(name);
    if (before !== undefined && slots.every(slot => before.has(slot))) continue;
    const all = new Set([...(before ?? []), ...slots]);
    known.set(name, all);
    const after = [...all, ...filledIn(document, name)];
    for (const to of waysOf(document, name)) queue.push([to, after]);
  }
  // What can be turned to at any time comes after anything.
  const { topics, escalation, exits } = document;
  const anytime = [...Object.values(topics), ...escalation].flatMap(({ to }) => to ?? []);
  for (const name of [...anytime, ...Object.values(exits)])
    known.set(name, new Set(Object.keys(document.slots)));
  return known;
}

/** Slots that a stage may give a value to. */
function filledIn(document: WorkflowDocument, name: string): readonly string[] {
  const stage = stageNamed(document, name);
  switch (stage?.kind) {
    case 'form':
      return stage.questions.flatMap(({ slots, also, otherwise }) => [
        ...slots,
        ...also,
        ...Object.keys(otherwise),
      ]);
    case 'set':
      return Object.keys(stage.set);
    case 'talk':
      return savedBy(document, stage.tools);
    case 'act':
      return savedBy(
        document,
        stepsOf(stage).map(({ tool }) => tool),
      );
    default:
      return [];
  }
}

function savedBy({ tools }: WorkflowDocument, names: readonly string[]): readonly string[] {
  return names.flatMap(name => (Object.hasOwn(tools, name) ? Object.keys(tools[name]!.saves) : []));
}
