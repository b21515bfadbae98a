import type { WorkflowDocument } from '../schema.ts';
import type { SlotSpec } from '../slot_schema.ts';
import { variantsOf } from '../text_schema.ts';
import { STATES } from '../us_states.ts';
import { needSlot, slotNamed } from './names.ts';
import type { Path, Report } from './report.ts';
import { checkSentences } from './sentences.ts';

/** Texts whose slot is not there, or never has the values that they name. */
export function checkTexts(document: WorkflowDocument, report: Report): void {
  for (const [name, text] of Object.entries(document.texts)) {
    const at = ['texts', name];
    if (Object.hasOwn(document.slots, name)) report(at, 'is a slot as well; call it otherwise');
    if (Object.hasOwn(document.variables, name)) report(at, 'is a variable as well; call it otherwise');
    if (Object.hasOwn(document.scores, name)) report(at, 'is a score as well; call it otherwise');
    const { slot } = text;
    if (slot !== undefined) needSlot(document, [...at, 'slot'], slot, report);
    checkText(document, [...at, 'default', 'say'], text.default.say, report);
    for (const [value, { say }] of variantsOf(text)) {
      checkText(document, [...at, value, 'say'], say, report);
      if (slot !== undefined) checkValue(document, [...at, value], slot, value, report);
    }
  }
}

/** A text holds slots, and no further text. */
function checkText(document: WorkflowDocument, path: Path, say: string, report: Report): void {
  checkSentences({ ...document, texts: {} }, path, [say], [], report);
}

/** A value that a slot never has; of kinds without a list anything may be one. */
export function checkValue(
  document: WorkflowDocument,
  path: Path,
  slot: string,
  value: string,
  report: Report,
): void {
  const spec = slotNamed(document, slot);
  const values = spec === undefined ? undefined : valuesOf(spec);
  if (values !== undefined && !values.includes(value))
    report(path, `${slot} is never ${value}; its values are ${values.slice(0, 8).join(', ')}`);
}

function valuesOf(spec: SlotSpec): readonly string[] | undefined {
  if (spec.kind === 'choice') return Object.keys(spec.values);
  if (spec.kind === 'us_state') return Object.keys(STATES);
  return spec.kind === 'yes_no' ? ['true', 'false'] : undefined;
}
