import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { nodePaths } from '../../src/config/paths.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createHub } from '../../src/ipc/hub.ts';
import type { ListeningTimes } from '../../src/ipc/silence.ts';
import { createLogger } from '../../src/observe/log.ts';
import { ChildStarter } from '../../src/supervisor/child.ts';
import { ChildrenFile } from '../../src/supervisor/children_file.ts';
import { hubSocketPath, removeHubSocket } from '../../src/supervisor/hub_socket.ts';
import { LogFiles } from '../../src/supervisor/log_files.ts';
import { RoleFleet } from '../../src/supervisor/roles.ts';
import { ROOT } from '../tidy/sources.ts';

/**
 * A role that links as real ones do, writes down what it hears, and has as many calls as a file says. The file
 * `unstartable` makes it die before it is ready, `ADDRESS.loop` makes it loop for ever, and while there is
 * `ADDRESS.hung` its talk thread hangs.
 */
const ROLE = `
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { connectLink } from '${join(ROOT, 'src/ipc/link.ts')}';
import { createLogger } from '${join(ROOT, 'src/observe/log.ts')}';
const [, address, , runtime] = process.argv.slice(2);
const folder = runtime.replace(/\\/[^/]*$/, '');
if (existsSync(folder + '/unstartable')) throw new Error('this role has a fault');
const link = await connectLink({ address, socketPath: JSON.parse(readFileSync(runtime, 'utf8')).socketPath, log: createLogger(address, 'silent') });
const heard = words => appendFileSync(folder + '/' + address + '.txt', words + '\\n');
link.on('peerGone', ({ peer }) => heard('gone ' + peer));
link.on('peerReady', ({ peer }) => heard('ready ' + peer));
link.on('roleFaults', ({ roles }) => heard('faults ' + roles.filter(({ deaths, hangs }) => deaths + hangs > 0).map(({ role, deaths, hangs }) => role + ' ' + deaths + ' ' + hangs).join(', ')));
link.reportHung(() => existsSync(folder + '/' + address + '.hung') ? ['talk'] : []);
setInterval(() => { if (existsSync(folder + '/' + address + '.loop')) { rmSync(folder + '/' + address + '.loop'); for (;;); } }, 20);
link.on('drain', () => heard('drain'));
link.on('stop', async () => { heard('stop'); await link.close(); process.exit(0); });
process.on('SIGTERM', () => { heard('SIGTERM'); process.exit(0); });
const calls = () => Number(readFileSync(folder + '/calls', 'utf8'));
const tellLoad = () => link.send('supervisor', { type: 'load', calls: address === 'media-0' ? calls() : 0, unanswered: 0, maxCalls: 2, tickLatenessP99Ms: 0, draining: false, spoolFull: false, busyShare: 0, shed: [] });
tellLoad();
setInterval(tellLoad, 20);
link.send('supervisor', { type: 'ready', detail: String(process.pid) });
`;

/** A fleet of such roles with a hub of its own; `told` is what an operator reads. */
export async function fleetRig(t: Test, calls = 0, heartbeatTimes?: ListeningTimes) {
  // Not tap's: that would go before the roles, which write into it to the last.
  const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
  mkdirSync(join(folder, 'src'));
  mkdirSync(join(folder, 'var/run'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'src/main.ts'), ROLE);
  writeFileSync(join(folder, 'var/run/calls'), `${calls}`);
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
    onHung: (address, what) => told.push(`hung ${address}: ${what}`),
    onDied: address => told.push(`died ${address}`),
    onRestarted: address => told.push(`restarted ${address}`),
    onGivenUp: address => told.push(`given up ${address}`),
    ...(heartbeatTimes !== undefined && { heartbeatTimes }),
  });
  t.teardown(async () => {
    await fleet.stop();
    await hub.close();
    removeHubSocket(socketPath, paths.run);
    logs.close();
    rmSync(folder, { recursive: true, force: true });
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
  return {
    fleet,
    config,
    paths,
    told,
    heardBy,
    until,
    children: () => new ChildrenFile(paths.run).leftovers(),
  };
}
