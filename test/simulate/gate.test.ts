import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { gate } from '../../simulate/gate/gate.ts';
import { compare, missed } from '../../simulate/gate/verdicts.ts';
import { summarise } from '../../simulate/report/summary.ts';

t.test('a version passes, and one that books nothing far ahead does not', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'worse.yaml');
  const shipped = await readFile('workflows/piano_removal.yaml', 'utf8');
  await writeFile(file, shipped.replace('withinDays: 365', 'withinDays: 5'));
  const order = { workflow: 'piano_removal', seeds: [1] };
  const good = await gate(order);
  t.same(good.failed, []);
  t.ok(good.passed && good.personas >= 20);
  const bad = await gate({ ...order, candidate: file, base: 'workflows/piano_removal.yaml' });
  t.notOk(bad.passed);
  t.not(bad.version, good.version);
  t.equal(bad.base?.version, good.version);
  t.match(bad.failed[0], /^completionPct is /);
  t.match(bad.base?.comparison.worse, [/fewer calls are completed/]);
});

t.test('only what is worse for certain is told', async t => {
  const counts = { aimed: 200, completed: 196, filled: 1000, right: 995, required: 900, violations: 0 };
  t.same(compare({ ...counts, completed: 194 }, counts).worse, []);
  t.same(compare({ ...counts, completed: 170 }, counts).worse, ['13 % fewer calls are completed']);
  t.same(compare({ ...counts, right: 950 }, counts).worse, ['4.5 % fewer slots are right']);
  t.same(compare({ ...counts, violations: 1 }, counts).worse, ['1 more violations']);
  const { interval } = compare(counts, counts).completionPct;
  t.ok(interval[0] < 0 && interval[1] > 0);
});

t.test('what nobody looked at does not pass', async t => {
  const nothing = summarise([]);
  t.equal(nothing.completionPct, 100);
  t.equal(missed(nothing).length, 3);
  const counts = { aimed: 1, completed: 1, filled: 1, right: 1, required: 1, violations: 0 };
  t.same(missed({ ...nothing, counts }), []);
  for (const key of ['aimed', 'filled', 'required'])
    t.equal(missed({ ...nothing, counts: { ...counts, [key]: 0 } }).length, 1, key);
});
