import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { figuresOf, mistakesIn } from '../../bench/intents/figures.ts';
import { readPart, readPhrases, wordsOfPhrase } from '../../bench/intents/phrases.ts';
import { INTENTS } from '../../src/workflow/understand/intents/types.ts';

const judged = readPart('judged');
const tuning = readPart('tuning');

t.test('what is judged was not tuned on', async t => {
  const tunedOn = new Set(tuning.map(({ text }) => wordsOfPhrase(text)));
  t.same(
    judged.filter(({ text }) => tunedOn.has(wordsOfPhrase(text))),
    [],
  );
  const sources = new Set(tuning.map(({ source }) => source));
  t.notOk(judged.some(({ source }) => sources.has(source)));
});

t.test('the set is as large and as hard as it is said to be', async t => {
  const neutral = [...judged, ...tuning].filter(({ intents }) => intents.length === 0);
  t.ok(judged.length >= 200 && tuning.length >= 400);
  t.ok(neutral.length >= 0.45 * (judged.length + tuning.length), `${neutral.length} neutral ones`);
  for (const intent of INTENTS) {
    const said = judged.filter(({ intents }) => intents.includes(intent)).length;
    t.ok(said >= 12, `${intent}: ${said}`);
  }
});

t.test('the detectors find what they are said to find', async t => {
  // Sums alone: which of the judged phrases fail is not to be known.
  const { all, byIntent } = figuresOf(judged);
  t.ok(all.precisionPct >= 98, `precision ${all.precisionPct} %`);
  t.ok(all.recallPct >= 95, `recall ${all.recallPct} %`);
  for (const intent of INTENTS) {
    t.ok(byIntent[intent].recallPct >= 90, `${intent}: recall ${byIntent[intent].recallPct} %`);
  }
  t.ok(mistakesIn(tuning).length <= 2, 'what was tuned on holds');
});

t.test('figures are of what an agent would act on, and a set of others can be put in', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'phrases-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const rows = [
    { text: 'stop calling me', intents: ['optOut'], source: 'x' },
    { text: 'a baby grand', intents: ['repeat'], source: 'x' },
    { text: 'slow down', intents: [], source: 'x' },
    { text: 'stop', intents: ['optOut'], asked: 'optOut', source: 'x' },
    { text: 'spanish please', intents: ['languageSwitch'], language: 'fr', source: 'x' },
  ];
  writeFileSync(join(folder, 'a.jsonl'), rows.map(row => JSON.stringify(row)).join('\n'));
  const phrases = readPhrases(folder);
  const { all, byIntent, neutral, neutralWronged, languages } = figuresOf(phrases);
  t.match(all, { said: 4, found: 4, right: 3, precisionPct: 75, recallPct: 75 });
  t.match(byIntent.repeat, { said: 1, found: 0, right: 0, precisionPct: 100, recallPct: 0 });
  t.match({ neutral, neutralWronged, languages }, { neutral: 1, neutralWronged: 1, languages: { right: 0 } });
  t.same(mistakesIn(phrases), [
    { text: 'a baby grand', missed: ['repeat'], wrong: [] },
    { text: 'slow down', missed: [], wrong: ['slower'] },
    { text: 'spanish please', missed: [], wrong: ['language es'] },
  ]);
  writeFileSync(join(folder, 'b.jsonl'), '{"text":"x","intents":["refund"],"source":"x"}');
  t.throws(() => readPhrases(folder));
});
