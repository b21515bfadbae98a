import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { nodeEnvironment, processesOf, startNode } from './node_rig.ts';

/** The services that need nothing built; the rest is proven where calls are. */
const SERVICES = ['--without', 'livekit', '--without', 'roles', '--no-install'];

function pidOf(env: Readonly<Record<string, string>>, name: string): number {
  const children = JSON.parse(readFileSync(join(env.TRUNKLINE_DATA_DIR ?? '', 'run/children.json'), 'utf8'));
  return children.find((child: { name: string }) => child.name === name).pid;
}

t.test('a first start makes everything, a second one keeps it, SIGTERM leaves nothing', async t => {
  const env = await nodeEnvironment(t);
  const data = env.TRUNKLINE_DATA_DIR ?? '';
  const first = startNode(t, env, SERVICES);
  await first.said(/^ +logs/);
  t.ok(
    first.lines.some(line => line.includes('keys/api.key')),
    'tells where the key is',
  );
  const key = readFileSync(join(data, 'keys/api.key'), 'utf8');
  t.notOk(
    first.lines.some(line => line.includes(key.trim())),
    'and does not tell the key',
  );

  const other = startNode(t, env, SERVICES);
  t.equal(await other.ended, 1, 'a second node on the folder is refused');
  t.match(
    other.lines.join('\n'),
    new RegExp(`running on this data folder already: process ${first.child.pid} `),
  );

  t.ok(processesOf(env).length >= 3);
  first.child.kill('SIGTERM');
  t.equal(await first.ended, 0);
  t.same(processesOf(env), []);

  const second = startNode(t, env, SERVICES);
  await second.said(/Trunkline is up/);
  t.equal(readFileSync(join(data, 'keys/api.key'), 'utf8'), key);
  second.child.kill('SIGINT');
  t.equal(await second.ended, 0);
  t.same(processesOf(env), []);
});

t.test('services that die are started again', async t => {
  const env = await nodeEnvironment(t);
  const node = startNode(t, env, SERVICES);
  await node.said(/Trunkline is up/);
  for (const name of ['redis', 'postgres']) {
    process.kill(pidOf(env, name), 'SIGKILL');
    await node.said(new RegExp(`${name} is back`));
  }
  node.child.kill('SIGTERM');
  t.equal(await node.ended, 0);
  t.same(processesOf(env), []);
});

t.test('a second signal does not wait for what hangs', async t => {
  const env = await nodeEnvironment(t);
  const node = startNode(t, env, SERVICES);
  await node.said(/^ +logs/);
  process.kill(pidOf(env, 'redis'), 'SIGSTOP');
  node.child.kill('SIGTERM');
  await node.said(/Stopping/);
  // Signals that come together are one ^C.
  await sleep(400);
  node.child.kill('SIGTERM');
  await node.said(/Ending at once/);
  t.equal(await node.ended, 143);
  t.same(processesOf(env), []);
});

t.test('a start that was cut off is taken up again', async t => {
  const env = await nodeEnvironment(t);
  const data = env.TRUNKLINE_DATA_DIR ?? '';
  const cutOff = startNode(t, env, SERVICES);
  while (!existsSync(join(data, 'postgres'))) await sleep(5);
  cutOff.child.kill('SIGKILL');
  await cutOff.ended;
  writeFileSync(join(data, 'run/hub.sock'), 'stale');
  const next = startNode(t, env, SERVICES);
  await next.said(/Trunkline is up/);
  next.child.kill('SIGTERM');
  t.equal(await next.ended, 0);
  t.same(processesOf(env), []);
});

t.test('npm hands its signals to the node and waits for it', async t => {
  const env = await nodeEnvironment(t);
  const node = startNode(t, env, SERVICES, ['npm', 'start', '--']);
  await node.said(/^ +logs/);
  node.child.kill('SIGTERM');
  t.equal(await node.ended, 0);
  t.ok(node.lines.includes('Stopping.'));
  t.same(processesOf(env), []);
});

t.test('a signal in the middle of a start ends it', async t => {
  const env = await nodeEnvironment(t);
  const node = startNode(t, env, SERVICES);
  await node.said(/programs/);
  node.child.kill('SIGTERM');
  t.equal(await node.ended, 143);
  t.match(node.lines.at(-1), /stopped by SIGTERM before it was up/);
  t.same(processesOf(env), []);
});
