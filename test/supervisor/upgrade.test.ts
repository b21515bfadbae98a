import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { SharedGround } from '../../src/supervisor/shared_ground.ts';
import { endSpare, upgradeRoles } from '../../src/supervisor/upgrade.ts';
import { fleetRig } from './fleet_rig.ts';

const never = new AbortController().signal;
const ROLES = ['media-0', 'media-1', 'edge', 'api', 'jobs'];

t.setTimeout(120_000);

/** A fleet that is up, and what an upgrade of it tells; the next version of its roles says so of itself. */
async function runningFleet(t: Parameters<typeof fleetRig>[0], calls: number, drainS: number) {
  const rig = await fleetRig(t, calls);
  await rig.fleet.start(() => undefined, never);
  await rig.until(() => rig.fleet.liveCalls === calls);
  const steps: string[] = [];
  const counts: number[] = [];
  const parts = {
    roles: rig.fleet,
    config: { ...rig.config, drainS },
    useProcesses: (count: number) => void counts.push(count),
    signal: never,
    tell: (sentence: string) => void steps.push(sentence),
  };
  const main = join(rig.paths.project, 'src/main.ts');
  const change = (line: string): void => appendFileSync(main, `\n${line}\n`);
  const pids = () => new Map(rig.children().map(({ name, pid }) => [name, pid]));
  return { ...rig, parts, steps, counts, change, pids };
}

t.test('each role gets the programs that are on the disk; who has calls keeps them to their end', async t => {
  const { parts, steps, counts, change, pids, heardBy, until, paths, told } = await runningFleet(t, 2, 600);
  const before = pids();
  change("heard('version 2');");
  let isDone = false;
  const upgrading = upgradeRoles(parts).then(() => {
    isDone = true;
  });
  await until(() => heardBy('media-2').includes('version 2') && heardBy('media-0').includes('drain'));
  await sleep(1500);
  t.equal(isDone, false, 'it waits for the calls');
  t.same([...pids()].filter(([name]) => name !== 'media-2').toSorted(), [...before].toSorted());
  t.notMatch(heardBy('media-1'), /drain/, 'one after the other');
  writeFileSync(join(paths.run, 'calls'), '0');
  await upgrading;
  const after = pids();
  t.same([...after.keys()].toSorted(), ROLES.toSorted(), 'the one more is gone');
  for (const role of ROLES) {
    t.not(after.get(role), before.get(role), role);
    t.match(heardBy(role), /version 2/);
    const wasAsked = /^stop$/m.test(heardBy(role));
    t.equal(wasAsked, role !== 'edge', `${role}: asked to end it would hang up, so the edge is killed`);
  }
  t.same(steps, [
    'media-2 is there beside the others',
    'media-0 is new',
    'media-1 is new',
    'api is new',
    'jobs is new',
    'edge is new',
  ]);
  t.same(counts, [3, 2]);
  t.same(told, [], 'nothing has died');
});

t.test('calls that are not over in time go on elsewhere: their process is killed, not asked', async t => {
  const { parts, steps, change, heardBy, paths } = await runningFleet(t, 1, 0.1);
  change("heard('version 2');");
  await upgradeRoles(parts);
  t.equal(steps[1], 'media-0 is new, and others have gone on with its calls');
  t.notMatch(heardBy('media-0').split('version 2')[0], /stop|SIGTERM/);
  writeFileSync(join(paths.run, 'calls'), '0');
});

t.test('a version that does not come up touches nothing', async t => {
  const { fleet, parts, steps, counts, change, pids, heardBy, told } = await runningFleet(t, 1, 600);
  const before = pids();
  change("throw new Error('a fault of the new version');");
  await t.rejects(upgradeRoles(parts), { code: 'STEP_FAILED', detail: /a fault of the new version/ });
  t.same(pids(), before);
  t.notOk(fleet.has('media-2'));
  t.notMatch(heardBy('media-0'), /drain/);
  t.same(steps, []);
  t.same(counts, [3, 2]);
  t.same(told, []);
});

t.test('a role that dies in the midst is told of, and started again until it works', async t => {
  const { fleet, change, until, told, parts, paths } = await runningFleet(t, 0, 1);
  change("if (address === 'api' && !existsSync(folder + '/mended')) throw new Error('not this one');");
  await t.rejects(upgradeRoles(parts), { code: 'STEP_FAILED', detail: /api/ });
  t.ok(fleet.has('media-2'), 'and the one more stays, until the next upgrade is through');
  writeFileSync(join(paths.run, 'mended'), '');
  await until(() => told.includes('restarted api'));
  await endSpare(parts);
  t.notOk(fleet.has('media-2'));
});

t.test('what two versions must have in common is known to have changed', async t => {
  const messages = 'src/ipc/messages.ts';
  const project = t.testdir({
    'package-lock.json': '{}',
    src: {
      ipc: { 'messages.ts': 'a', 'framing.ts': 'b' },
      store: { migrations: { '1_first.sql': '' } },
    },
  });
  const ground = new SharedGround(project);
  t.same(ground.changed(), []);
  writeFileSync(join(project, messages), 'c');
  writeFileSync(join(project, 'src/store/migrations/2_next.sql'), '');
  t.same(ground.changed(), ['messages between processes', 'the database schema']);
  writeFileSync(join(project, messages), 'a');
  writeFileSync(join(project, 'package-lock.json'), '{ }');
  t.same(ground.changed(), ['npm packages', 'the database schema']);
});

t.test('no process with calls is killed while another one is away', async t => {
  const { parts, steps, change, pids, heardBy, until, paths } = await runningFleet(t, 1, 0.1);
  const before = pids();
  change(
    "if (address === 'media-2' && !existsSync(folder + '/mended') && existsSync(folder + '/here')) throw new Error('again');",
  );
  change("if (address === 'media-2') { appendFileSync(folder + '/here', ''); heard('here'); }");
  const upgrading = upgradeRoles(parts);
  await until(() => heardBy('media-0').includes('drain'));
  process.kill(pids().get('media-2')!, 'SIGKILL');
  await sleep(6000);
  t.equal(pids().get('media-0'), before.get('media-0'), 'its calls would have nowhere to go');
  writeFileSync(join(paths.run, 'mended'), '');
  await upgrading;
  t.ok(steps.includes('media-0 is new, and others have gone on with its calls'));
  writeFileSync(join(paths.run, 'calls'), '0');
});
