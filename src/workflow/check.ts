import { checkTools } from './check_tools.ts';
import { slotsOf } from './condition.ts';
import type { WorkflowSource } from './document.ts';
import type { WorkflowDocument } from './schema.ts';
import type { Condition } from './schema_parts.ts';
import { placeholdersOf } from './speak/template.ts';
import type { FormStage, HandOffStage, NextSpec, PersonStage, StageSpec, TalkStage } from './stage_schema.ts';

type Path = readonly PropertyKey[];
type Report = (path: Path, what: string) => void;

/** What the schema can't see: names that lead nowhere, stages that nobody reaches, calls that never end. */
export function faultsOf({ document, fault }: WorkflowSource): readonly string[] {
  const faults: string[] = [];
  const report: Report = (path, what) => faults.push(fault(path, what));
  checkNames(document, report);
  for (const [name, stage] of Object.entries(document.stages)) {
    checkSentences(document, ['stages', name, 'say'], stage.say, [], report);
    if (stage.kind === 'form') checkForm(document, ['stages', name], stage, report);
    if (stage.kind === 'quote') checkQuote(document, ['stages', name], stage.total, report);
    if (stage.kind === 'person') checkPerson(document, ['stages', name], stage, report);
    else if (stage.kind === 'hand_off') checkHandOff(document, ['stages', name], stage, report);
    else if (stage.kind === 'talk') checkTalk(document, ['stages', name], stage, report);
    else if (stage.kind !== 'end') checkNext(document, ['stages', name, 'next'], stage.next, report);
  }
  checkTools(document, report);
  for (const [name, { filler }] of Object.entries(document.tools)) {
    if (filler !== undefined) checkSentences(document, ['tools', name, 'filler'], [filler], [], report);
  }
  checkSlots(document, report);
  checkPricing(document, report);
  checkPhrases(document, report);
  if (faults.length === 0) checkWays(document, report);
  return faults;
}

/** By what a call may end of itself; whoever wants a person may be handed on. */
const EXITS: Readonly<Record<keyof WorkflowDocument['exits'], readonly StageSpec['kind'][]>> = {
  exhausted: ['end'],
  goodbye: ['end'],
  optOut: ['end'],
  person: ['end', 'hand_off', 'person'],
};

function checkNames(document: WorkflowDocument, report: Report): void {
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

function stageNamed(document: WorkflowDocument, name: string): StageSpec | undefined {
  return Object.hasOwn(document.stages, name) ? document.stages[name] : undefined;
}

function needStage(document: WorkflowDocument, path: Path, name: string, report: Report): void {
  if (stageNamed(document, name) === undefined)
    report(path, `there is no stage ${name}; add it under stages`);
}

function needSlot(document: WorkflowDocument, path: Path, name: string, report: Report): void {
  if (!Object.hasOwn(document.slots, name)) report(path, `there is no slot ${name}; add it under slots`);
}

function checkCondition(
  document: WorkflowDocument,
  path: Path,
  when: Condition | undefined,
  report: Report,
): void {
  for (const slot of when === undefined ? [] : slotsOf(when)) needSlot(document, path, slot, report);
}

function checkNext(document: WorkflowDocument, path: Path, next: NextSpec, report: Report): void {
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

function checkSentences(
  document: WorkflowDocument,
  path: Path,
  sentences: readonly string[],
  more: readonly string[],
  report: Report,
): void {
  for (const [index, sentence] of sentences.entries()) {
    for (const name of placeholdersOf(sentence)) {
      if (!more.includes(name)) needSlot(document, [...path, index], name, report);
    }
    if (/[{}]/.test(sentence.replaceAll(/\{[a-z][a-z0-9_]*\}/g, ''))) {
      report([...path, index], 'braces must enclose the name of a slot');
    }
  }
}

function checkTalk(document: WorkflowDocument, path: Path, stage: TalkStage, report: Report): void {
  needStage(document, [...path, 'without'], stage.without, report);
  for (const [way, { to }] of Object.entries(stage.ways))
    needStage(document, [...path, 'ways', way, 'to'], to, report);
  if (stage.filler !== undefined) checkSentences(document, [...path, 'filler'], [stage.filler], [], report);
}

function checkHandOff(document: WorkflowDocument, path: Path, stage: HandOffStage, report: Report): void {
  if (stage.to === document.name) report([...path, 'to'], 'is this workflow itself; lead to its stage');
  for (const [theirs, ours] of Object.entries(stage.slots ?? {}))
    needSlot(document, [...path, 'slots', theirs], ours, report);
}

function checkPerson(document: WorkflowDocument, path: Path, stage: PersonStage, report: Report): void {
  needStage(document, [...path, 'otherwise'], stage.otherwise, report);
  if (stage.after !== undefined) needStage(document, [...path, 'after'], stage.after, report);
  checkSentences(document, [...path, 'whisper'], stage.whisper, [], report);
}

function checkForm(document: WorkflowDocument, path: Path, form: FormStage, report: Report): void {
  for (const [index, question] of form.questions.entries()) {
    const at = [...path, 'questions', index];
    for (const slot of [...question.slots, ...question.also]) needSlot(document, at, slot, report);
    checkCondition(document, [...at, 'when'], question.when, report);
    checkSentences(document, at, [question.prompt, question.help], [], report);
    for (const slot of Object.keys(question.otherwise)) {
      if (!question.slots.includes(slot))
        report([...at, 'otherwise', slot], 'is not a slot of this question');
    }
    const lacking = question.slots.filter(slot => !Object.hasOwn(question.otherwise, slot));
    if (question.when !== undefined && lacking.length > 0) {
      report([...at, 'when'], `otherwise must give ${lacking.join(', ')} a value`);
    }
  }
  for (const [index, { say, when }] of form.readBack.entries()) {
    checkSentences(document, [...path, 'readBack', index], [say], [], report);
    checkCondition(document, [...path, 'readBack', index], when, report);
  }
  if (form.readBack.at(-1)?.when !== undefined) {
    report([...path, 'readBack'], 'the last one must hold always; add one without when');
  }
  if (form.echo !== undefined) checkSentences(document, [...path, 'echo'], [form.echo], [], report);
}

function checkQuote(document: WorkflowDocument, path: Path, total: string, report: Report): void {
  if (document.pricing === undefined) report(path, 'a quote needs pricing; add it');
  checkSentences(document, [...path, 'total'], [total], ['amount', 'miles'], report);
}

function checkSlots(document: WorkflowDocument, report: Report): void {
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

function checkPricing(document: WorkflowDocument, report: Report): void {
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

function checkPhrases(document: WorkflowDocument, report: Report): void {
  const needs = {
    which: ['options'],
    offerOne: ['options'],
    offerMany: ['options'],
    spelled: ['letters', 'name'],
  } as const;
  for (const [phrase, names] of Object.entries(needs)) {
    const sentence = String(document.phrases[phrase as keyof typeof needs]);
    for (const name of names) {
      if (!placeholdersOf(sentence).includes(name)) report(['phrases', phrase], `must contain {${name}}`);
    }
  }
  if (!placeholdersOf(document.always.examples).includes('options'))
    report(['always', 'examples'], 'must contain {options}');
}

/** Every stage is reached, every way ends, and no circle of stages goes round without asking. */
function checkWays(document: WorkflowDocument, report: Report): void {
  const after = (name: string): readonly string[] => {
    const stage = stageNamed(document, name);
    if (stage === undefined || stage.kind === 'end' || stage.kind === 'hand_off') return [];
    if (stage.kind === 'person')
      return [stage.otherwise, ...(stage.after === undefined ? [] : [stage.after])];
    if (stage.kind === 'talk') return [stage.without, ...Object.values(stage.ways).map(({ to }) => to)];
    return stage.next.map(({ to }) => to);
  };
  const reached = new Set<string>();
  const begins = [document.start, ...(document.takeOver === undefined ? [] : [document.takeOver.start])];
  const queue = [...begins, ...Object.values(document.exits)];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    queue.push(...after(name));
  }
  for (const name of Object.keys(document.stages)) {
    if (!reached.has(name)) report(['stages', name], 'no stage leads here; remove it or lead to it');
    if (leadsBack(name, after))
      report(['stages', name, 'next'], 'leads back to itself; a call must come to an end');
  }
}

function leadsBack(name: string, after: (name: string) => readonly string[]): boolean {
  const seen = new Set<string>();
  const queue = [...after(name)];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next === name) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    queue.push(...after(next));
  }
  return false;
}
