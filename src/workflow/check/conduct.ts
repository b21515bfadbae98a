import type { WorkflowDocument } from '../schema.ts';
import { compilePattern } from '../understand/intents/pattern.ts';
import { patternOf } from '../understand/topics.ts';
import { checkCondition } from './conditions.ts';
import { needStage } from './names.ts';
import type { Path, Report } from './report.ts';
import { checkSentences } from './sentences.ts';

/** What may happen at any time: topics, escalation, and the call that is taken up. */
export function checkConduct(document: WorkflowDocument, report: Report): void {
  for (const [name, { phrases, answers, to }] of Object.entries(document.topics)) {
    const at = ['topics', name];
    for (const [index, phrase] of phrases.entries()) checkPhrase(phrase, [...at, 'phrases', index], report);
    checkSentences(document, [...at, 'answers'], answers, [], report);
    if (to !== undefined) needStage(document, [...at, 'to'], to, report);
  }
  for (const [index, rule] of document.escalation.entries()) {
    needStage(document, ['escalation', index, 'to'], rule.to, report);
    if ('when' in rule) checkCondition(document, ['escalation', index, 'when'], rule.when, report);
  }
  const { resume } = document;
  if (resume !== undefined) {
    checkSentences(document, ['resume', 'say'], resume.say, ['about'], report);
    for (const key of ['ask', 'help', 'yes', 'no'] as const)
      checkSentences(document, ['resume', key], [resume[key] ?? []].flat(), [], report);
  }
}

function checkPhrase(phrase: string, path: Path, report: Report): void {
  try {
    const pattern = patternOf(phrase);
    if (pattern === '') report(path, 'has no word that carries anything; add one');
    else compilePattern(pattern);
  } catch (error) {
    report(path, error instanceof Error ? error.message : 'is no pattern');
  }
}
