import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Verdict } from '../../simulate/check/judge.ts';
import { canBeWritten, readOptions, seedsOf } from '../../simulate/options.ts';
import { namedPersonas, namedWorkflows, scenarioNames } from '../../simulate/read.ts';
import { htmlReport } from '../../simulate/report/html.ts';

t.test('workflows are named as they are, with hyphens, or all together', async t => {
  t.same(namedWorkflows(['piano-removal', 'claims_intake', 'piano_removal']), [
    'piano_removal',
    'claims_intake',
  ]);
  t.same(namedWorkflows(['all']), scenarioNames());
  t.throws(() => namedWorkflows(['piano_remval']), {
    message: /piano_remval; there are all, .*piano_removal/,
  });
  t.throws(() => namedWorkflows(['../piano_removal']), { message: /no scenario/ });
});

t.test('personas are named, and one that is not there is not passed over', async t => {
  t.same(
    namedPersonas(['opts-out', ' angry']).map(({ name }) => name),
    ['angry', 'opts_out'],
  );
  t.throws(() => namedPersonas(['angryy']), { message: /no persona angryy; there are angry, / });
});

t.test('what is wrong with a command line is said before anybody is called', async t => {
  t.throws(() => readOptions(['--bogus']), { message: /^Unknown option '--bogus'; --help/ });
  t.throws(() => readOptions(['x', '--seeds', 'abc']), { message: /--seeds takes numbers/ });
  t.throws(() => readOptions(['x', '--seeds', '5..3']), { message: /5\.\.3 begins above its end/ });
  t.throws(() => readOptions(['x', '--show', 'many']), { message: /--show/ });
  t.throws(() => readOptions(['x', '--audio', '99']), { message: /--audio takes 1 to 50/ });
  t.equal(readOptions(['x', '--audio', '--json']).audio, 1);
  t.same(seedsOf('1..3,7,2-4'), [1, 2, 3, 7, 4]);
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await canBeWritten('--html', join(folder, 'new', 'calls.html'));
  t.ok((await stat(join(folder, 'new'))).isDirectory());
  await t.rejects(canBeWritten('--html', folder), { message: /^--html: .* can't be written$/ });
});

t.test('the page begins with what went wrong, and runs nothing that was said', async t => {
  const call = (seed: number, completed: boolean): Verdict => ({
    conversation: {
      workflow: 'w',
      persona: 'angry',
      seed,
      turns: [{ by: 'caller', text: '<script>alert(1)</script>', heard: 'x', confidence: 0.9 }],
      effects: [],
      slots: {},
      truths: {},
      given: [],
      outcome: completed ? 'booked' : 'callback',
      endedBy: 'agent',
      left: [],
      personJoined: false,
      ms: 1,
    },
    aim: 'goal',
    completed,
    wanted: ['booked'],
    slots: { filled: 1, right: 1, wrong: [], required: 0, got: 0 },
    violations: [],
  });
  const page = htmlReport(new Map([['w', [call(1, true), call(2, false)]]]));
  t.ok(page.indexOf('seed 2') < page.indexOf('seed 1'));
  t.match(page, /callback, where booked was wanted/);
  t.match(page, /<td>50 %<\/td>/);
  t.notMatch(page, '<script');
});
