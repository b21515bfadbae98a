import { hasWords, spokenWords } from '../said.ts';
import type { WorkflowDocument } from '../schema.ts';
import { spokenTexts } from '../spoken_texts.ts';
import type { Path } from '../yaml_file.ts';
import { checkCondition } from './conditions.ts';
import { needStage } from './names.ts';
import type { Report } from './report.ts';
import { checkSentences } from './sentences.ts';

/** Guardrails that lead nowhere, and sentences of the workflow itself that they forbid. */
export function checkGuardrails(document: WorkflowDocument, report: Report): void {
  const { mustSay, neverSay } = document.guardrails;
  for (const [index, { text, before, in: within, when }] of mustSay.entries()) {
    const at = ['guardrails', 'mustSay', index];
    checkSentences(document, [...at, 'text'], [text], [], report);
    if (before !== undefined) needStage(document, [...at, 'before'], before, report);
    if (within !== undefined) needStage(document, [...at, 'in'], within, report);
    checkCondition(document, [...at, 'when'], when, report);
  }
  for (const [index, { instead, in: stages = [], when }] of neverSay.entries()) {
    const at = ['guardrails', 'neverSay', index];
    checkSentences(document, [...at, 'instead'], [instead], [], report);
    for (const [place, stage] of stages.entries()) needStage(document, [...at, 'in', place], stage, report);
    checkCondition(document, [...at, 'when'], when, report);
  }
  if (neverSay.length > 0) checkSaid(document, report);
}

/**
 * What a rule forbids everywhere stands nowhere, and what it forbids in a stage not there. A rule that holds under a condition is
 * kept by branches and texts, which can't be seen here.
 */
function checkSaid(document: WorkflowDocument, report: Report): void {
  const rules = document.guardrails.neverSay.filter(({ when }) => when === undefined);
  for (const { path, text } of spokenTexts(document)) {
    if (path[0] === 'guardrails') continue;
    const words = spokenWords(text);
    for (const { phrases = [], in: stages } of rules) {
      if (stages !== undefined && !isIn(path, stages)) continue;
      const phrase = phrases.find(one => hasWords(words, spokenWords(one)));
      if (phrase !== undefined)
        report(path, `says "${phrase}", which guardrails.neverSay forbids; word it otherwise`);
    }
  }
}

function isIn([section, stage]: Path, stages: readonly string[]): boolean {
  return section === 'stages' && stages.includes(String(stage));
}
