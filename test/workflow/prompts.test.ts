import { readFile } from 'node:fs/promises';
import t from 'tap';
import { loadFlow } from '../../src/workflow/load.ts';
import { promptPatterns } from '../../src/workflow/prompts.ts';

const flow = await loadFlow('workflows', 'piano_removal');
const patterns = promptPatterns(flow);

t.test('the list in the documentation is what the agent says', async t => {
  const readme = await readFile('workflows/README.md', 'utf8');
  const listed = new Set([...readme.matchAll(/^\| ([^|`]+?) +\| \w+ of /gm)].map(([, sentence]) => sentence));
  t.same([...listed].toSorted(), [...new Set(patterns.map(({ template }) => template))].toSorted());
});

t.test('every slot is documented', async t => {
  const readme = await readFile('workflows/README.md', 'utf8');
  for (const slot of Object.keys(flow.document.slots)) t.ok(readme.includes(`\`${slot}\``), slot);
});

t.test('a question is worded in one way only', async t => {
  const asking = patterns.filter(({ role }) => ['question', 'repair', 'consent'].includes(role));
  const byTemplate = Map.groupBy(asking, ({ template }) => template);
  for (const [template, uses] of byTemplate) {
    t.equal(new Set(uses.map(({ slots }) => slots.join())).size, 1, `${template} asks for one thing`);
  }
});

t.test('the agent says who it is and that it is automated before anything else', async t => {
  const { say } = flow.next(flow.initial, { type: 'start' }, { todayIso: '2026-11-21' });
  t.equal(say[0], 'This is Piper, the automated assistant of Harmony Piano Movers.');
});
