import type { WorkflowDocument } from '../schema.ts';
import { PERSONA_NAME } from '../variables.ts';
import type { Report } from './report.ts';

/** Placeholders that the engine fills in by itself. */
const ENGINE_NAMES: ReadonlySet<string> = new Set(['amount', 'miles', 'options', 'letters', 'name']);

/** A name in braces means one thing only. */
export function checkVariables(document: WorkflowDocument, report: Report): void {
  const parameters = new Set(Object.values(document.tools).flatMap(tool => Object.keys(tool.parameters)));
  for (const name of Object.keys(document.variables)) {
    const at = ['variables', name];
    if (Object.hasOwn(document.slots, name)) report(at, 'is a slot as well; call it otherwise');
    else if (Object.hasOwn(document.scores, name)) report(at, 'is a score as well; call it otherwise');
    else if (parameters.has(name)) report(at, 'is a parameter of a tool as well; call it otherwise');
    else if (ENGINE_NAMES.has(name) || name === PERSONA_NAME)
      report(at, 'is filled in by the engine; call it otherwise');
  }
}
