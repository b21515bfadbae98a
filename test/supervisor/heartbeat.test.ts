import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { createHub, type Hub } from '../../src/ipc/hub.ts';
import { createLogger } from '../../src/observe/log.ts';
import { Heartbeat } from '../../src/supervisor/heartbeat.ts';
import { Starvation } from '../../src/supervisor/starvation.ts';
import { scratchFolder } from '../store/postgres.ts';

const TIMES = { tickMs: 5, limitTicks: 4 };

async function hubOf(t: Test): Promise<Hub> {
  const { dir, remove } = scratchFolder();
  const hub = await createHub({ socketPath: `${dir}/hub.sock`, log: createLogger('test', 'silent') });
  t.teardown(async () => {
    await hub.close();
    remove();
  });
  return hub;
}

t.test('who could not have answered is not blamed, until it could', async t => {
  const hub = await hubOf(t);
  const hung: string[] = [];
  let starves = true;
  let looks = 0;
  const heartbeat = new Heartbeat(hub, role => hung.push(role), {
    times: TIMES,
    isExcused: () => {
      looks += 1;
      return starves;
    },
  });
  heartbeat.expect('media-0');
  while (looks < 3 * TIMES.limitTicks) await sleep(1);
  t.same(hung, []);
  starves = false;
  while (hung.length === 0) await sleep(1);
  t.same(hung, ['media-0']);
  heartbeat.close();
});

t.test('who waits for a processor starves, who is stopped, sleeps or is gone does not', async t => {
  const starvation = new Starvation();
  t.notOk(starvation.hasStarved('unknown'));
  const stopped = spawn('sleep', ['60']);
  process.kill(stopped.pid!, 'SIGSTOP');
  starvation.watch('stopped', stopped.pid!);
  // On one processor with others only one of them runs at a time.
  const spin = 'const until = Date.now() + 20000; while (Date.now() < until);';
  const spinning = Array.from({ length: 4 }, () =>
    spawn('taskset', ['-c', '0', 'nice', '-n', '19', process.execPath, '-e', spin]),
  );
  await Promise.all(spinning.map(child => once(child, 'spawn')));
  for (const [index, child] of spinning.entries()) starvation.watch(`spinning ${index}`, child.pid!);
  const names = spinning.map((_, index) => `spinning ${index}`);
  while (!names.some(name => starvation.hasStarved(name))) await sleep(250);
  t.notOk(starvation.hasStarved('stopped'));
  for (const child of [stopped, ...spinning]) child.kill('SIGKILL');
  await Promise.all([stopped, ...spinning].map(child => once(child, 'close')));
  t.notOk(starvation.hasStarved('stopped'), 'gone');
});
