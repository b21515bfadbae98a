import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { fleetRig } from './fleet_rig.ts';

const never = new AbortController().signal;

t.test('roles come up, media first, and end when told', async t => {
  const { fleet, heardBy, children } = await fleetRig(t);
  const order: string[] = [];
  await fleet.start(address => order.push(address), never);
  t.same(order.slice(0, 2).toSorted(), ['media-0', 'media-1']);
  t.same(order.slice(2).toSorted(), ['api', 'edge', 'jobs']);
  await fleet.stop();
  for (const address of order) t.match(heardBy(address), /^stop$/m, address);
  t.same(children(), []);
});

t.test('a role that dies is started again, and the others hear of both', async t => {
  const { fleet, heardBy, told, until, children } = await fleetRig(t);
  await fleet.start(() => undefined, never);
  const media = children().find(child => child.name === 'media-0');
  process.kill(media?.pid ?? 0, 'SIGKILL');
  await until(() => told.length === 2);
  t.same(told, ['died media-0', 'restarted media-0']);
  await until(() => /gone media-0\n[\s\S]*ready media-0/.test(heardBy('edge')));
  t.match(heardBy('media-1'), /gone media-0/);
});

t.test('live calls end before the roles do', async t => {
  const { fleet, heardBy, until, paths } = await fleetRig(t, 2);
  await fleet.start(() => undefined, never);
  await until(() => fleet.liveCalls === 2);
  let over = false;
  const draining = fleet.drain(600_000, never).then(() => {
    over = true;
  });
  await until(() => heardBy('edge').includes('drain'));
  await sleep(150);
  t.equal(over, false, 'it waits');
  writeFileSync(join(paths.run, 'calls'), '0');
  await draining;
  t.notMatch(heardBy('media-0'), /stop/);
});

t.test('the time is up, or a second signal comes', async t => {
  const { fleet, until, told, children } = await fleetRig(t, 1);
  await fleet.start(() => undefined, never);
  await until(() => fleet.liveCalls === 1);
  await fleet.drain(50, never);
  const atOnce = new AbortController();
  const draining = fleet.drain(600_000, atOnce.signal);
  atOnce.abort();
  await draining;
  process.kill(children().find(child => child.name === 'media-1')?.pid ?? 0, 'SIGKILL');
  await fleet.stop();
  t.same(told, [], 'who dies while draining is not started again');
  t.same(children(), []);
});

t.test('one role that does not come up fails the start, and the others are stopped', async t => {
  const { fleet, paths, children } = await fleetRig(t);
  writeFileSync(join(paths.run, 'unstartable'), '');
  await t.rejects(
    fleet.start(() => undefined, never),
    {
      code: 'STEP_FAILED',
      detail: /media-\d ended with exit code 1 .*\n.*this role has a fault/,
    },
  );
  await fleet.stop();
  t.same(children(), []);
});
