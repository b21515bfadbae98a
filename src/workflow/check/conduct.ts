import type { WorkflowDocument } from '../schema.ts';
import { placeholdersOf } from '../speak/template.ts';
import { variantsOf } from '../text_schema.ts';
import { compilePattern } from '../understand/intents/pattern.ts';
import { patternOf } from '../understand/topics.ts';
import { checkCondition } from './conditions.ts';
import { needSlot, needStage, slotNamed } from './names.ts';
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
    checkHeardByAnybody(document, ['resume', 'say'], resume.say, ['about'], report);
    for (const key of ['ask', 'help', 'yes', 'no'] as const)
      checkHeardByAnybody(document, ['resume', key], [resume[key] ?? []].flat(), [], report);
    if (resume.confirm !== undefined) checkConfirm(document, resume.confirm, report);
  }
}

/** Whoever calls by that number hears it: nothing sensitive may be in it. */
function checkHeardByAnybody(
  document: WorkflowDocument,
  path: Path,
  sentences: readonly string[],
  more: readonly string[],
  report: Report,
): void {
  checkSentences(document, path, sentences, more, report);
  const isPrivate = (name: string): boolean => slotNamed(document, name)?.sensitive === true;
  for (const [index, sentence] of sentences.entries())
    for (const name of placeholdersOf(sentence)) {
      const text = Object.hasOwn(document.texts, name) ? document.texts[name] : undefined;
      const said = text === undefined ? [] : [text.default, ...variantsOf(text).map(([, one]) => one)];
      const named = [name, text?.slot ?? '', ...said.flatMap(({ say }) => placeholdersOf(say))];
      const secret = named.find(isPrivate);
      if (secret === undefined) continue;
      const at = path[1] === 'say' ? [...path, index] : path;
      const why = 'is sensitive, and whoever calls by the number would hear it';
      report(at, `{${secret}} ${why}; leave it out, and have it read back behind resume.confirm`);
    }
}

function checkConfirm(
  document: WorkflowDocument,
  { slots, say }: NonNullable<NonNullable<WorkflowDocument['resume']>['confirm']>,
  report: Report,
): void {
  checkHeardByAnybody(document, ['resume', 'confirm', 'say'], [say], [], report);
  for (const [index, name] of slots.entries()) {
    const at = ['resume', 'confirm', 'slots', index];
    needSlot(document, at, name, report);
    const spec = slotNamed(document, name);
    if (spec?.repair.length === 0) report(at, `${name} needs a repair, whose first prompt asks for it`);
    if (spec?.kind === 'yes_no' || spec?.kind === 'choice')
      report(at, `${name} is guessed too easily; name one that only the caller knows`);
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
