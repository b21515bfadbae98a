import type { WorkflowDocument } from '../schema.ts';
import type { FormStage } from '../stage_schema.ts';
import { checkCondition } from './conditions.ts';
import { needSlot } from './names.ts';
import type { Path, Report } from './report.ts';
import { checkSentences } from './sentences.ts';

export function checkForm(document: WorkflowDocument, path: Path, form: FormStage, report: Report): void {
  for (const [index, question] of form.questions.entries()) {
    const at = [...path, 'questions', index];
    for (const slot of [...question.slots, ...question.also]) {
      needSlot(document, at, slot, report);
      if (Object.hasOwn(document.slots, slot) && document.slots[slot]?.repair.length === 0)
        report(at, `${slot} needs a repair, since it is asked for; add one under slots`);
    }
    checkCondition(document, [...at, 'when'], question.when, report);
    checkSentences(document, at, [question.prompt, question.help], [], report);
    const told = question.slots.concat(question.also);
    if (told.length > 1 && told.some(slot => document.slots[slot]?.kind === 'text'))
      report(at, 'free words are all of an answer; ask for the text alone');
    for (const slot of Object.keys(question.otherwise)) {
      if (!question.slots.includes(slot))
        report([...at, 'otherwise', slot], 'is not a slot of this question');
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
