import type { WorkflowDocument } from '../schema.ts';
import { placeholdersOf } from '../speak/template.ts';
import { needKnown } from './names.ts';
import type { Path, Report } from './report.ts';

export function checkSentences(
  document: WorkflowDocument,
  path: Path,
  sentences: readonly string[],
  more: readonly string[],
  report: Report,
): void {
  for (const [index, sentence] of sentences.entries()) {
    for (const name of placeholdersOf(sentence)) {
      if (!more.includes(name) && !Object.hasOwn(document.texts, name))
        needKnown(document, [...path, index], name, report);
    }
    if (/[{}]/.test(sentence.replaceAll(/\{[a-z][a-z0-9_]*\}/g, ''))) {
      report([...path, index], 'braces must enclose the name of a slot');
    }
  }
}

export function checkPhrases(document: WorkflowDocument, report: Report): void {
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
