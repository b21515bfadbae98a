import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { fleetRig } from './fleet_rig.ts';

const never = new AbortController().signal;
/** Long enough for a busy machine, short enough for a test. */
const SOON = { tickMs: 50, limitTicks: 40 };
const WITHIN_MS = SOON.tickMs * SOON.limitTicks;

function pidOf(children: readonly { name: string; pid: number }[], name: string): number {
  return children.find(child => child.name === name)!.pid;
}

t.test('a role that is stopped is killed and started again, and counted', async t => {
  const { fleet, heardBy, told, until, children } = await fleetRig(t, 0, SOON);
  await fleet.start(() => undefined, never);
  const stopped = pidOf(children(), 'media-0');
  process.kill(stopped, 'SIGSTOP');
  await until(() => told.length === 3);
  t.same(told, ['hung media-0: it does not answer', 'died media-0', 'restarted media-0']);
  t.not(pidOf(children(), 'media-0'), stopped);
  await until(() => /faults media-0 1 1/.test(heardBy('api')));
  t.match(heardBy('edge'), /gone media-0/, 'its calls are over for the others');
});

t.test('so is one in an endless loop, and one whose thread hangs', async t => {
  const { fleet, paths, told, until } = await fleetRig(t, 0, SOON);
  await fleet.start(() => undefined, never);
  writeFileSync(join(paths.run, 'edge.loop'), '');
  await until(() => told.includes('restarted edge'));
  t.same(told.splice(0), ['hung edge: it does not answer', 'died edge', 'restarted edge']);
  writeFileSync(join(paths.run, 'media-1.hung'), '');
  await until(() => told.includes('died media-1'));
  rmSync(join(paths.run, 'media-1.hung'));
  await until(() => told.includes('restarted media-1'));
  t.equal(told[0], 'hung media-1: its talk thread hangs');
});

t.test('the api that hangs itself learns of it afterwards', async t => {
  const { fleet, heardBy, told, until, children } = await fleetRig(t, 0, SOON);
  await fleet.start(() => undefined, never);
  process.kill(pidOf(children(), 'api'), 'SIGSTOP');
  await until(() => told.includes('restarted api'));
  await until(() => /faults api 1 1/.test(heardBy('api')));
});

t.test('a supervisor that was held up itself blames nobody', async t => {
  const { fleet, told } = await fleetRig(t, 0, SOON);
  await fleet.start(() => undefined, never);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * WITHIN_MS);
  await sleep(WITHIN_MS / 2);
  t.same(told, []);
});

t.test('a role that hangs while the node drains does not hold the drain up', async t => {
  const { fleet, told, until, children } = await fleetRig(t, 1, SOON);
  await fleet.start(() => undefined, never);
  await until(() => fleet.liveCalls === 1);
  process.kill(pidOf(children(), 'media-0'), 'SIGSTOP');
  await fleet.drain(600_000, never);
  t.same(told, ['hung media-0: it does not answer'], 'and is not started again');
});
