import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { wordsOf } from '../../bench/caller/slot_speech.ts';
import { readPersonas, readPhrasings, readScenario, scenarioNames } from '../../simulate/read.ts';
import { loadFlows } from '../../src/workflow/load.ts';

/** So many of the callers' phrases may stand word for word where the engine's or a workflow's own are listed. */
const MOST_SHARED = 0.35;

const plain = (text: string): string => wordsOf(text).join(' ');

/** Every text in the sources of the engine's understanding, and every phrase that workflows take for an answer. */
async function ownPhrases(): Promise<ReadonlySet<string>> {
  const files = ['src/workflow/understand', 'src/workflow/kinds'].flatMap(folder =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(file => join(folder, file)),
  );
  const texts = files
    .filter(file => file.endsWith('.ts'))
    .flatMap(file => readFileSync(file, 'utf8').match(/'[^'\n]+'|"[^"\n]+"/g) ?? [])
    .flatMap(quoted => quoted.slice(1, -1).split(','));
  const documents = [...(await loadFlows('workflows')).values()].map(({ document }) => document);
  const slots = documents.flatMap(document => Object.values(document.slots));
  const inFlows = [
    slots.flatMap(slot =>
      'values' in slot ? Object.values(slot.values).flatMap(({ phrases }) => phrases) : [],
    ),
    slots.flatMap(slot => (slot.kind === 'yes_no' ? slot.yes.concat(slot.no) : [])),
    documents.flatMap(({ topics }) => Object.values(topics).flatMap(({ phrases }) => phrases)),
  ].flat();
  return new Set([...texts, ...inFlows].map(plain).filter(text => text !== ''));
}

function callersPhrases(): readonly string[] {
  const { answers, asides, kinds } = readPhrasings();
  const scenarios = scenarioNames().map(readScenario);
  const personas = readPersonas();
  const said = [
    ...Object.values(answers).flat(),
    ...Object.values(asides).flat(),
    ...[...kinds.values()].flatMap(({ frames, yes = [], no = [] }) => frames.concat(yes, no)),
    ...scenarios.flatMap(({ says }) => Object.values(says).flatMap(values => Object.values(values).flat())),
    ...scenarios.flatMap(({ asides: own, opening }) => Object.values(own).flat().concat(opening)),
    ...personas.flatMap(({ interjections }) => interjections.flatMap(({ say = [] }) => say)),
    ...personas.flatMap(({ before, after }) => (before?.say ?? []).concat(after?.say ?? [])),
  ];
  const phrases = said
    .map(text => plain(text.replaceAll(/\{\w+\}/g, ' ')))
    .filter(text => text.includes(' '));
  return [...new Set(phrases)];
}

t.test('callers do not speak in the words of the lists that they are understood by', async t => {
  const own = await ownPhrases();
  const said = callersPhrases();
  const shared = said.filter(phrase => own.has(phrase));
  t.comment(
    `${shared.length} of ${said.length} phrases of several words stand in the engine's lists as well`,
  );
  t.ok(own.size > 500 && said.length > 200, 'there is something to compare');
  t.ok(own.has('that is right') && own.has('baby grand'), 'the lists are found');
  t.ok(shared.length < said.length * MOST_SHARED, `${shared.length} of ${said.length}: ${shared.join('; ')}`);
});
