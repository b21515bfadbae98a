import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { identify } from '../../src/supervisor/process_identity.ts';
import { ROOT } from '../tidy/sources.ts';
import { nodeEnvironment, processesOf, startNode } from './node_rig.ts';

/** The services that need nothing built; roles are taken over where calls are. */
const SERVICES = ['--without', 'livekit', '--without', 'roles', '--no-install'];

t.setTimeout(600_000);

function pidOf(env: Readonly<Record<string, string>>, name: string): number {
  const children = JSON.parse(readFileSync(join(env.TRUNKLINE_DATA_DIR ?? '', 'run/children.json'), 'utf8'));
  return children.find((child: { name: string }) => child.name === name).pid;
}

const GUARDED = [process.execPath, join(ROOT, 'bin/start.mjs')] as const;

function supervisorOf(env: Readonly<Record<string, string>>): number {
  return Number(readFileSync(join(env.TRUNKLINE_DATA_DIR ?? '', 'run/trunkline.pid'), 'utf8'));
}

t.test('what a killed supervisor left is taken over by the next start, or ended', async t => {
  const env = await nodeEnvironment(t);
  const killed = startNode(t, env, SERVICES);
  await killed.said(/Trunkline is up/);
  const [redis, postgres] = [pidOf(env, 'redis'), pidOf(env, 'postgres')];
  killed.child.kill('SIGKILL');
  await killed.ended;
  const next = startNode(t, env, SERVICES);
  await next.said(/Trunkline is up/);
  t.match(next.lines[0], new RegExp(`took over .*redis \\(process ${redis}\\)`));
  t.same([pidOf(env, 'redis'), pidOf(env, 'postgres')], [redis, postgres]);
  process.kill(redis, 'SIGKILL');
  await next.said(/redis is back/);
  t.not(pidOf(env, 'redis'), redis, 'and kept running');
  const again = pidOf(env, 'redis');
  next.child.kill('SIGKILL');
  await next.ended;
  const changed = startNode(t, { ...env, TRUNKLINE_DRAIN_S: '7' }, SERVICES);
  await changed.said(/Trunkline is up/);
  t.match(
    changed.lines[0],
    new RegExp(`ended .*redis \\(process ${again}\\)`),
    'with other settings it is ended',
  );
  t.not(pidOf(env, 'redis'), again);
  changed.child.kill('SIGTERM');
  t.equal(await changed.ended, 0);
  t.same(processesOf(env), []);
});

for (const blow of ['SIGKILL', 'SIGSTOP'] as const)
  t.test(`npm start follows a supervisor after ${blow} by another`, async t => {
    const env = await nodeEnvironment(t);
    const node = startNode(t, env, SERVICES, GUARDED);
    await node.said(/Trunkline is up/);
    const [supervisor, redis] = [supervisorOf(env), pidOf(env, 'redis')];
    process.kill(supervisor, blow);
    await node.said(/starting another/);
    // Before the other can do anything: it is done when it can.
    node.child.kill('SIGTERM');
    t.equal(await node.ended, 0);
    t.match(node.lines.join('\n'), new RegExp(`took over .*redis \\(process ${redis}\\)[^]*Stopping`));
    t.notOk(identify(supervisor));
    t.same(processesOf(env), []);
  });
