import type { WorkflowDocument } from '../schema.ts';
import type {
  ConsentStage,
  HandOffStage,
  PersonStage,
  SetStage,
  StageSpec,
  TalkStage,
} from '../stage_schema.ts';
import { checkNext } from './conditions.ts';
import { checkForm } from './forms.ts';
import { needKnown, needSlot, needStage } from './names.ts';
import { checkQuote } from './pricing.ts';
import type { Path, Report } from './report.ts';
import { checkSentences } from './sentences.ts';
import { checkValue } from './texts.ts';

/** One stage, by its kind. */
export function checkStage(document: WorkflowDocument, name: string, stage: StageSpec, report: Report): void {
  const at = ['stages', name];
  checkSentences(document, [...at, 'say'], stage.say, [], report);
  if (stage.kind === 'consent') checkConsent(document, at, stage, report);
  if (stage.kind === 'form') checkForm(document, at, stage, report);
  if (stage.kind === 'quote') checkQuote(document, at, stage.total, report);
  if (stage.kind === 'set') checkSet(document, at, stage, report);
  if (stage.kind === 'person') checkPerson(document, at, stage, report);
  else if (stage.kind === 'hand_off') checkHandOff(document, at, stage, report);
  else if (stage.kind === 'talk') checkTalk(document, at, stage, report);
  else if (stage.kind !== 'end') checkNext(document, [...at, 'next'], stage.next, report);
}

/** A value that its slot can't have would be left out without a word. */
function checkSet(document: WorkflowDocument, path: Path, { set }: SetStage, report: Report): void {
  for (const [slot, value] of Object.entries(set)) {
    needSlot(document, [...path, 'set', slot], slot, report);
    const spec = Object.hasOwn(document.slots, slot) ? document.slots[slot] : undefined;
    if (spec === undefined) continue;
    const isOfChoice = spec.kind !== 'choice' || Object.hasOwn(spec.values, String(value));
    if (!isOfChoice || (spec.kind === 'yes_no') !== (typeof value === 'boolean'))
      report([...path, 'set', slot], `is no value of ${slot}`);
  }
}

function checkConsent(document: WorkflowDocument, path: Path, stage: ConsentStage, report: Report): void {
  for (const key of ['ask', 'help', 'announce', 'granted', 'refused'] as const)
    checkSentences(document, [...path, key], [stage[key]], [], report);
  if (stage.twoParty === undefined) return;
  const { slot, states } = stage.twoParty;
  needSlot(document, [...path, 'twoParty', 'slot'], slot, report);
  for (const [index, state] of states.entries())
    checkValue(document, [...path, 'twoParty', 'states', index], slot, state, report);
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
    needKnown(document, [...path, 'slots', theirs], ours, report);
}

function checkPerson(document: WorkflowDocument, path: Path, stage: PersonStage, report: Report): void {
  needStage(document, [...path, 'otherwise'], stage.otherwise, report);
  if (stage.after !== undefined) needStage(document, [...path, 'after'], stage.after, report);
  checkSentences(document, [...path, 'whisper'], stage.whisper, [], report);
}
