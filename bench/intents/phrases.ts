import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { INTENTS } from '../../src/workflow/understand/intents/types.ts';

const OWN_FOLDER = fileURLToPath(new URL('phrases', import.meta.url));

const phraseSchema = z.strictObject({
  text: z.string().min(1),
  /** None: an answer, or what only sounds like one of them. */
  intents: z.array(z.enum(INTENTS)).readonly(),
  /** Of languageSwitch, where one is named. */
  language: z.string().optional(),
  asked: z.enum(['yesNo', 'optOut', 'person', 'card', 'choice']).optional(),
  /** The situation in which it was thought of. */
  source: z.string().min(1),
});

export type Phrase = z.infer<typeof phraseSchema>;

/** A part of the project's own set: patterns are written with `tuning` in view, never with `judged`. */
export function readPart(part: 'tuning' | 'judged'): readonly Phrase[] {
  return readPhrases(join(OWN_FOLDER, `${part}.jsonl`));
}

/** A file of phrases, one JSON object a line, or all such files of a folder. */
export function readPhrases(path: string): readonly Phrase[] {
  if (statSync(path).isDirectory()) {
    const files = readdirSync(path).filter(name => name.endsWith('.jsonl'));
    if (files.length === 0) throw new Error('no .jsonl files in the folder of phrases');
    return files.toSorted().flatMap(name => readPhrases(join(path, name)));
  }
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter(line => line.trim() !== '').map(line => phraseSchema.parse(JSON.parse(line)));
}

/** What is left of a phrase when only its words count: parts of a set must not share one. */
export function wordsOfPhrase(text: string): string {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9 ]/g, '');
  const words = plain
    .split(' ')
    .filter(word => !['', 'uh', 'um', 'er', 'please', 'okay', 'well'].includes(word));
  return words.join(' ');
}
