import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { nodePaths } from '../../src/config/paths.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createHub } from '../../src/ipc/hub.ts';
import { createLogger } from '../../src/observe/log.ts';
import { ChildStarter } from '../../src/supervisor/child.ts';
import { ChildrenFile } from '../../src/supervisor/children_file.ts';
import { hubSocketPath, removeHubSocket } from '../../src/supervisor/hub_socket.ts';
import { LogFiles } from '../../src/supervisor/log_files.ts';
import { RoleFleet } from '../../src/supervisor/roles.ts';
import { ROOT } from '../tidy/sources.ts';

/**
 * A role that links as real ones do, writes down what it hears, and has as many calls as a file says. The file
 * `unstartable` makes it die before it is ready.
 */
const ROLE = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { connectLink } from '${join(ROOT, 'src/ipc/link.ts')}';
import { createLogger } from '${join(ROOT, 'src/observe/log.ts')}';
const [, address, , runtime] = process.argv.slice(2);
const folder = runtime.replace(/\\/[^/]*$/, '');
if (existsSync(folder + '/unstartable')) throw new Error('this role has a fault');
const link = await connectLink({ address, socketPath: JSON.parse(readFileSync(runtime, 'utf8')).socketPath, log: createLogger(address, 'silent') });
const heard = words => appendFileSync(folder + '/' + address + '.txt', words + '\\n');
link.on('peerGone', ({ peer }) => heard('gone ' + peer));
link.on('peerReady', ({ peer }) => heard('ready ' + peer));
link.on('drain', () => heard('drain'));
link.on('stop', async () => { heard('stop'); await link.close(); process.exit(0); });
process.on('SIGTERM', () => { heard('SIGTERM'); process.exit(0); });
const calls = () => Number(readFileSync(folder + '/calls', 'utf8'));
const tellLoad = () => link.send('supervisor', { type: 'load', calls: address === 'media-0' ? calls() : 0, maxCalls: 2, tickLatenessP99Ms: 0, draining: false, spoolFull: false });
tellLoad();
setInterval(tellLoad, 20);
link.send('supervisor', { type: 'ready', detail: String(process.pid) });
`;

async function rig(t: Test, calls = 0) {
  const folder = t.testdir({ src: { 'main.ts': ROLE }, var: { run: { calls: `${calls}` } } });
  const config = configSchema.parse({ media: { processes: 2 } });
  const paths = nodePaths(folder, config);
  const log = createLogger('test', 'silent');
  const logs = new LogFiles(paths.logs);
  const socketPath = hubSocketPath(paths.run);
  const runtimeFile = join(paths.run, 'runtime.json');
  writeFileSync(runtimeFile, JSON.stringify({ socketPath }));
  const hub = await createHub({ socketPath, log });
  const told: string[] = [];
  const fleet = new RoleFleet({
    config,
    paths,
    runtimeFile,
    hub,
    starter: new ChildStarter(logs, new ChildrenFile(paths.run)),
    log,
    onDied: address => told.push(`died ${address}`),
    onRestarted: address => told.push(`restarted ${address}`),
    onGivenUp: address => told.push(`given up ${address}`),
  });
  t.teardown(async () => {
    await fleet.stop();
    await hub.close();
    removeHubSocket(socketPath, paths.run);
    logs.close();
  });
  const heardBy = (address: string): string => {
    try {
      return readFileSync(join(paths.run, `${address}.txt`), 'utf8');
    } catch {
      return '';
    }
  };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await sleep(10);
  };
  return { fleet, paths, told, heardBy, until, children: () => new ChildrenFile(paths.run).leftovers() };
}

const never = new AbortController().signal;

t.test('roles come up, media first, and end when told', async t => {
  const { fleet, heardBy, children } = await rig(t);
  const order: string[] = [];
  await fleet.start(address => order.push(address), never);
  t.same(order.slice(0, 2).toSorted(), ['media-0', 'media-1']);
  t.same(order.slice(2).toSorted(), ['api', 'edge']);
  await fleet.stop();
  for (const address of order) t.match(heardBy(address), /^stop$/m, address);
  t.same(children(), []);
});

t.test('a role that dies is started again, and the others hear of both', async t => {
  const { fleet, heardBy, told, until, children } = await rig(t);
  await fleet.start(() => undefined, never);
  const media = children().find(child => child.name === 'media-0');
  process.kill(media?.pid ?? 0, 'SIGKILL');
  await until(() => told.length === 2);
  t.same(told, ['died media-0', 'restarted media-0']);
  await until(() => /gone media-0\n[\s\S]*ready media-0/.test(heardBy('edge')));
  t.match(heardBy('media-1'), /gone media-0/);
});

t.test('live calls end before the roles do', async t => {
  const { fleet, heardBy, until, paths } = await rig(t, 2);
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
  const { fleet, until, told, children } = await rig(t, 1);
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
  const { fleet, paths, children } = await rig(t);
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
