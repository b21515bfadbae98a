import { LIMITS } from '../../config/limits.ts';
import type { WorkflowSource } from '../document.ts';
import { spokenTexts } from '../spoken_texts.ts';
import { checkActs } from './acts.ts';
import { checkConduct } from './conduct.ts';
import { checkGuardrails } from './guardrails.ts';
import { checkNames } from './names.ts';
import { checkPricing } from './pricing.ts';
import type { Report } from './report.ts';
import { checkScores } from './scores.ts';
import { checkPhrases, checkSentences } from './sentences.ts';
import { checkSlots } from './slots.ts';
import { checkStage } from './stages.ts';
import { checkTexts } from './texts.ts';
import { checkTools } from './tools.ts';
import { checkVariables } from './variables.ts';
import { checkWays } from './ways.ts';

/** What the schema can't see: names that lead nowhere, stages that nobody reaches, calls that never end. */
export function faultsOf({ document, fault }: WorkflowSource): readonly string[] {
  const faults: string[] = [];
  const report: Report = (path, what) => faults.push(fault(path, what));
  checkNames(document, report);
  checkVariables(document, report);
  checkTexts(document, report);
  checkGuardrails(document, report);
  for (const [name, stage] of Object.entries(document.stages)) checkStage(document, name, stage, report);
  checkTools(document, report);
  checkActs(document, report);
  for (const [name, { filler }] of Object.entries(document.tools)) {
    if (filler !== undefined) checkSentences(document, ['tools', name, 'filler'], [filler], [], report);
  }
  checkScores(document, report);
  checkConduct(document, report);
  checkSlots(document, report);
  checkPricing(document, report);
  checkPhrases(document, report);
  const { length } = spokenTexts(document);
  if (length > LIMITS.workflowSentences)
    report([], `has ${length} sentences, and at most ${LIMITS.workflowSentences} are taken; divide it`);
  if (faults.length === 0) checkWays(document, report);
  return faults;
}
