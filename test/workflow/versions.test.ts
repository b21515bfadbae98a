import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { TrunklineError } from '../../src/config/errors.ts';
import { LIMITS } from '../../src/config/limits.ts';
import {
  assertBundle,
  assertFits,
  type Bundle,
  bundleSha256,
  flowOfBundle,
} from '../../src/workflow/versions/bundle.ts';
import { triesVersion } from '../../src/workflow/versions/canary.ts';
import { diffBundles } from '../../src/workflow/versions/diff.ts';
import { type InForce, KeptVersions } from '../../src/workflow/versions/kept_versions.ts';
import { assertSecretsStay } from '../../src/workflow/versions/secrets.ts';
import { FlowShelf } from '../../src/workflow/versions/shelf.ts';
import { PLACES } from '../bench/small_flow.ts';
import { DESK, flowsOf, QUOTES } from './desk_flows.ts';

const MAKINGS = { places: PLACES, options: {} };
const NAMES = { from: 'version 1', to: 'version 2' };

/** The desk with another greeting. */
function desk(greeting: string): Bundle {
  return { 'desk.yaml': DESK.replace('Desk robot here.', greeting) };
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return error instanceof TrunklineError ? error.code : 'not of the table';
  }
}

function detailOf(work: () => unknown): string {
  try {
    work();
    return '';
  } catch (error) {
    return error instanceof TrunklineError ? error.detail : String(error);
  }
}

function greetingOf(flows: FlowShelf, callId: string): string | undefined {
  const flow = flows.ofCall(callId).get('desk');
  return flow?.next(flow.initial, { type: 'start' }, { todayIso: '2026-11-22' }).say[0];
}

t.test('which calls try a version is for their ids alone to say, and comes to the share', async t => {
  const ids = Array.from({ length: 20_000 }, (_, at) => `call-${at}`);
  for (const percent of [1, 10, 50, 99]) {
    const share = ids.filter(id => triesVersion(id, percent)).length / ids.length;
    t.ok(Math.abs(share * 100 - percent) < 1.2, `${percent} %: ${share * 100}`);
  }
  const few = ids.filter(id => triesVersion(id, 10));
  t.ok(
    few.every(id => triesVersion(id, 30)),
    'those that try it go on to, should more do so',
  );
  t.same(
    ids.filter(id => triesVersion(id, 10)),
    few,
  );
  t.notOk(ids.some(id => triesVersion(id, 0)));
});

t.test('what can be the text of a workflow', async t => {
  t.equal(
    codeOf(() => assertBundle('desk', { 'desk.yaml': DESK, 'shared/us.yaml': 'slots: {}' })),
    'none',
  );
  const odd: readonly (readonly [string, string, Bundle])[] = [
    ['another name', 'BAD_REQUEST', { 'other.yaml': DESK }],
    ['a path that leads out', 'BAD_REQUEST', { 'desk.yaml': DESK, '../etc/passwd.yaml': '' }],
    ['an absolute path', 'BAD_REQUEST', { 'desk.yaml': DESK, '/tmp/x.yaml': '' }],
    ['another workflow beside it', 'BAD_REQUEST', { 'desk.yaml': DESK, 'quotes.yaml': QUOTES }],
    ['a prototype', 'BAD_REQUEST', JSON.parse('{"__proto__": "x"}') as Bundle],
    ['too much of it', 'TOO_LARGE', { 'desk.yaml': 'x'.repeat(LIMITS.versionBytes + 1) }],
    [
      'too many files',
      'TOO_LARGE',
      Object.fromEntries([
        ['desk.yaml', DESK],
        ...Array.from({ length: LIMITS.versionFiles }, (_, at) => [`shared/f${at}.yaml`, '']),
      ]),
    ],
  ];
  for (const [what, code, bundle] of odd)
    t.equal(
      codeOf(() => assertBundle('desk', bundle)),
      code,
      what,
    );
  t.equal(
    codeOf(() => assertBundle('../desk', { '../desk.yaml': DESK })),
    'BAD_REQUEST',
  );
  t.equal(bundleSha256({ a: '1', b: '2' }), bundleSha256({ b: '2', a: '1' }));
  t.not(bundleSha256({ a: '1', b: '2' }), bundleSha256({ a: '12', b: '' }));
});

t.test('a version must fit those that it hands over to, and those that hand over to it', async t => {
  const [quotes] = flowsOf([QUOTES]).values();
  const own = flowOfBundle('desk', desk('Hello.'), MAKINGS);
  t.equal(
    codeOf(() => assertFits(own, [quotes!], MAKINGS)),
    'none',
  );
  t.match(
    detailOf(() => assertFits(own, [], MAKINGS)),
    /desk\.yaml: stages\.pass_on\.to: there is no workflow quotes/,
  );
  const leaky = { 'quotes.yaml': QUOTES.replace('    sensitive: true\n', '') };
  const changed = flowOfBundle('quotes', leaky, MAKINGS);
  t.match(
    detailOf(() => assertFits(changed, [own, quotes!], MAKINGS)),
    /desk\.yaml: stages\.pass_on: floor is sensitive/,
  );
  t.throws(() => flowOfBundle('desk', { 'desk.yaml': QUOTES }, MAKINGS), { code: 'WORKFLOW_INVALID' });
});

t.test('secrets of the node go where the workflows folder sends them, and nowhere else', async t => {
  const paying = (origin: string, secret: string) =>
    flowOfBundle(
      'desk',
      {
        'desk.yaml': `${DESK.replace('next: [{ to: pass_on }]', 'next: [{ to: paying }]')}
  paying:
    kind: act
    steps: [{ tool: pay, args: {} }, { tool: tell, args: {} }]
    next: [{ to: pass_on }]
    failed: later
tools:
  pay:
    description: Pays.
    http: { method: POST, url: "${origin}/pay", headers: { Authorization: ${secret} } }
  tell:
    description: Tells.
    webhook: { url: "${origin}/told", secret: { secretFile: hook.key } }
`,
      },
      MAKINGS,
    );
  const shop = paying('https://shop.example', '{ secretEnv: SHOP_KEY }');
  const stays = (flow: ReturnType<typeof paying>, files = [shop]) =>
    codeOf(() => assertSecretsStay(flow, files));
  t.equal(stays(paying('https://shop.example', '{ secretEnv: SHOP_KEY, prefix: "Bearer " }')), 'none');
  t.equal(stays(paying('https://shop.example', 'none of it')), 'none');
  t.equal(stays(paying('https://shop.example', '{ secretEnv: OTHER_KEY }')), 'WORKFLOW_INVALID');
  t.equal(stays(paying('https://shop.example', '{ secretFile: SHOP_KEY }')), 'WORKFLOW_INVALID');
  t.equal(stays(paying('https://shop.example:8443', '{ secretEnv: SHOP_KEY }')), 'WORKFLOW_INVALID');
  t.equal(stays(paying('https://evil.example', 'none of it')), 'WORKFLOW_INVALID', 'nor that of a webhook');
  t.equal(stays(shop, []), 'WORKFLOW_INVALID');
  t.notMatch(
    detailOf(() => assertSecretsStay(paying('https://evil.example', '{ secretEnv: SHOP_KEY }'), [shop])),
    /SHOP_KEY|hook|evil/,
  );
});

t.test('differences are told as diff -u tells them', async t => {
  t.equal(diffBundles(desk('A.'), desk('A.'), NAMES), '');
  const diff = diffBundles(desk('Hello.'), { ...desk('Good day.'), 'shared/us.yaml': 'slots: {}\n' }, NAMES);
  t.match(diff, '--- desk.yaml\tversion 1\n+++ desk.yaml\tversion 2\n@@ ');
  t.match(diff, '\n-    say: [Hello.]\n+    say: [Good day.]\n');
  t.match(diff, '+++ shared/us.yaml\tversion 2\n@@ -0,0 +1,1 @@\n+slots: {}\n');
  t.notMatch(diff, /^===/m);
  const noise = (seed: number) =>
    Array.from({ length: 60_000 }, (_, at) => `${(at * seed * 7_919) % 1_000_003}`).join('\n');
  t.equal(
    codeOf(() => diffBundles({ 'desk.yaml': noise(3) }, { 'desk.yaml': noise(5) }, NAMES)),
    'TOO_LARGE',
    'in bounded time',
  );
  t.equal(
    codeOf(() => diffBundles(desk('A.'), desk('B.'), NAMES, 0)),
    'TOO_LARGE',
    'and all files share it',
  );
});

/** A folder of versions, and a shelf over it. */
function shelfOf(t: Test, files = flowsOf([DESK, QUOTES])) {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-versions-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const kept = new KeptVersions(folder);
  const faults: unknown[] = [];
  const open = () =>
    new FlowShelf({
      files,
      kept: new KeptVersions(folder),
      compile: (workflow, bundle) => flowOfBundle(workflow, bundle, MAKINGS),
      onFault: error => faults.push(error),
    });
  const versionOf = (bundle: Bundle) => flowOfBundle('desk', bundle, MAKINGS).version;
  const put = async (live: Bundle | null, tried?: { bundle: Bundle; percent: number }) => {
    const texts = [live, tried?.bundle].filter(bundle => bundle != null);
    const inForce: InForce = {
      seq: Math.random(),
      workflows: {
        desk: {
          live: live && { version: 1, flowVersion: versionOf(live), byFile: false },
          canary: tried ? { version: 2, flowVersion: versionOf(tried.bundle), percent: tried.percent } : null,
        },
      },
    };
    await kept.write(
      inForce,
      texts.map(bundle => ({ workflow: 'desk', flowVersion: versionOf(bundle), bundle })),
    );
  };
  return { folder, kept, faults, open, put, versionOf };
}
t.test('the file leads until a version does; what is in force changes for new calls alone', async t => {
  const { open, put, versionOf, faults } = shelfOf(t);
  const shelf = open();
  shelf.look().use();
  t.equal(greetingOf(shelf, 'a'), 'Desk robot here.');
  const before = shelf.ofCall('a');
  await put(desk('Good day.'));
  const look = shelf.look();
  t.same(
    look.fresh.map(({ version }) => version),
    [versionOf(desk('Good day.'))],
  );
  t.equal(greetingOf(shelf, 'b'), 'Desk robot here.', 'not before it is used');
  look.use();
  t.equal(greetingOf(shelf, 'b'), 'Good day.');
  t.equal(shelf.ofCall('b').get('quotes')?.name, 'quotes', 'others stay');
  t.equal(before.get('desk')?.version, flowsOf([DESK]).get('desk')?.version, 'asked for only now, too');
  t.same(shelf.look().fresh, [], 'nothing is made again');
  await put(null);
  shelf.look().use();
  t.equal(greetingOf(shelf, 'c'), 'Desk robot here.', 'and when no version is live any more');
  t.same(faults, []);
});

t.test('some calls try a version, and keep to it', async t => {
  const { open, put } = shelfOf(t);
  const shelf = open();
  await put(desk('Old.'), { bundle: desk('New.'), percent: 20 });
  shelf.look().use();
  const ids = Array.from({ length: 2_000 }, (_, at) => `call-${at}`);
  const trying = ids.filter(id => greetingOf(shelf, id) === 'New.');
  t.same(
    trying,
    ids.filter(id => triesVersion(id, 20)),
  );
  t.ok(trying.length > 300 && trying.length < 500, `${trying.length}`);
  const [tries = '', plain = ''] = [trying[0], ids.find(id => !trying.includes(id))];
  t.ok(shelf.ofCall(tries).isTried('desk'));
  t.notOk(shelf.ofCall(tries).isTried('quotes'));
  t.notOk(shelf.ofCall(plain).isTried('desk'));
});

t.test('whoever goes on with a call has the versions that it began with, from the disk', async t => {
  const { open, put, versionOf } = shelfOf(t);
  await put(desk('Old.'));
  const first = open();
  first.look().use();
  const versions = first.ofCall('a').versionsFrom('desk');
  t.match(versions, { desk: versionOf(desk('Old.')), quotes: /^1\.0\.0\+/ });
  await put(desk('New.'));
  const second = open();
  second.look().use();
  t.equal(greetingOf(second, 'a'), 'New.');
  t.equal(second.ofCall('a', versions).get('desk')?.version, versionOf(desk('Old.')));
  t.ok(second.has('desk', versionOf(desk('Old.'))));
  t.notOk(second.has('desk', '1.0.0+0123456789ab'));
  const lost = second.ofCall('a', { desk: '1.0.0+0123456789ab' });
  t.equal(lost.get('desk')?.version, versionOf(desk('New.')), 'what nobody has is what calls begin with now');
});

t.test('what is kept badly leaves all as it is', async t => {
  const { folder, open, put, faults, kept, versionOf } = shelfOf(t);
  await put(desk('Good.'));
  const shelf = open();
  shelf.look().use();
  for (const file of readdirSync(join(folder, 'texts')))
    writeFileSync(join(folder, 'texts', file), '{"broken"');
  await put(desk('Good.'));
  t.match(kept.textOf('desk', versionOf(desk('Good.'))), desk('Good.'), 'a damaged text is written again');
  await kept.write(
    {
      seq: 9,
      workflows: { desk: { live: { version: 3, flowVersion: '1.0.0+none', byFile: false }, canary: null } },
    },
    [],
  );
  const look = shelf.look();
  t.same(look.failed, ['desk']);
  look.use();
  t.equal(greetingOf(shelf, 'a'), 'Good.', 'what was live before goes on');
  t.equal(shelf.seq, 9);
  writeFileSync(join(folder, 'in_force.json'), 'not JSON');
  t.same(shelf.look().failed, ['desk', 'quotes']);
  shelf.look().use();
  t.equal(greetingOf(shelf, 'a'), 'Good.');
  const anew = open();
  anew.look().use();
  t.equal(greetingOf(anew, 'a'), 'Desk robot here.', 'at a start the file is what there is');
  t.ok(faults.length > 0);
});

t.test('a text that several write at once is whole, and nothing of the writing is left', async t => {
  const { folder, versionOf } = shelfOf(t);
  const bundle = { ...desk('Twice.'), 'shared/long.yaml': '# long\n'.repeat(50_000) };
  const text = { workflow: 'desk', flowVersion: versionOf(desk('Twice.')), bundle };
  const writers = Array.from({ length: 8 }, () => new KeptVersions(folder));
  t.same(
    (await Promise.allSettled(writers.map(one => one.keep(text)))).map(({ status }) => status),
    writers.map(() => 'fulfilled'),
  );
  t.same(writers[0]?.textOf('desk', text.flowVersion), bundle);
  t.equal(readdirSync(join(folder, 'texts')).length, 1);
});

t.test('texts on the disk are bounded, and those in force stay', async t => {
  const { folder, put, kept, versionOf } = shelfOf(t);
  await put(desk('Stays.'));
  for (let at = 0; at < LIMITS.versionsOnDisk; at += 1)
    writeFileSync(join(folder, 'texts', `${at}.json`), 'x');
  await put(desk('Stays.'));
  t.equal(readdirSync(join(folder, 'texts')).length, LIMITS.versionsOnDisk);
  t.ok(kept.textOf('desk', versionOf(desk('Stays.'))));
});
