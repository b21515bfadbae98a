import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeSecretFile } from '../compliance/secret_file.ts';
import { LIMITS } from '../config/limits.ts';
import { mediaProcesses, spareOf } from '../config/media_processes.ts';
import { type NodePaths, nodePaths } from '../config/paths.ts';
import type { Runtime } from '../config/runtime.ts';
import type { Config } from '../config/schema.ts';
import { createHub, type Hub } from '../ipc/hub.ts';
import { createLogger, type Logger } from '../observe/log.ts';
import { ChildStarter } from './child.ts';
import { type ChildEntry, ChildrenFile } from './children_file.ts';
import { assertFreeBytes } from './disk_space.ts';
import { hubSocketPath, removeHubSocket } from './hub_socket.ts';
import { lockInstance } from './instance_lock.ts';
import { ensureKeys, type NodeKeys } from './keys.ts';
import { LogFiles } from './log_files.ts';
import { ownPorts } from './node_config.ts';
import { assertPortsFree } from './ports.ts';
import { providePrograms } from './programs.ts';
import { provisionSip } from './provision.ts';
import { ProvisionWatch } from './provision_watch.ts';
import { RoleFleet } from './roles.ts';
import { BackingServices } from './services/backing_services.ts';
import { fixedPart, StartMark } from './start_mark.ts';
import type { Stoppables } from './stoppables.ts';
import type { Terminal } from './terminal.ts';
import { TrunkReload } from './trunk_reload.ts';
import { startWatchdog } from './watchdog.ts';
import { copyWorkflows } from './workflow_copy.ts';

export interface BringUpOptions {
  readonly project: string;
  readonly config: Config;
  /** Where it came from, and how it is read again. */
  readonly configFile: string;
  readConfig(): Config;
  readonly install: boolean;
  /** Whether the node's own processes are started, too. */
  readonly startRoles: boolean;
  readonly terminal: Terminal;
  readonly stoppables: Stoppables;
  /** The node can't do its work any more. */
  readonly onFailed: (sentence: string) => void;
}

/** A node that is up. */
export interface RunningNode {
  /** With every URL and secret filled in. */
  readonly config: Config;
  readonly paths: NodePaths;
  readonly keys: NodeKeys;
  readonly roles: RoleFleet;
  /** Tells roles that are started from then on how many media processes there may be. */
  readonly useProcesses: (processes: number) => void;
  /**
   * A supervisor with the programs that are on the disk now would go on with the roles of this one, and is let; false where the
   * configuration has changed otherwise.
   */
  readonly admitSuccessor: () => boolean;
}

/** What a start stands on before anything runs. */
interface Ground {
  readonly paths: NodePaths;
  readonly children: ChildrenFile;
  /** Processes of an earlier start that go on. */
  readonly adopted: readonly ChildEntry[];
  readonly logs: LogFiles;
  readonly log: Logger;
  readonly keys: NodeKeys;
  readonly hub: Hub;
}

const LEFTOVER_GRACE_MS = 5_000;

/** Brings a node up, step by step; what was started is handed to `stoppables` at once. */
export async function bringUp(options: BringUpOptions, signal: AbortSignal): Promise<RunningNode> {
  const { config, terminal, stoppables, install } = options;
  const ground = await prepareGround(options);
  const { paths, logs, children, adopted, log, keys } = ground;
  const goesOn = adopted.length > 0;
  if (!goesOn) await assertPortsFree(ownPorts(config));
  const tools = await providePrograms({ config, paths, install }, terminal, signal);
  const starter = new ChildStarter(logs, children, adopted);
  const services = new BackingServices({
    config,
    paths,
    keys,
    tools,
    logs,
    children,
    starter,
    stoppables,
    terminal,
    log,
  });
  const resolved = await ofThisRun(await services.start(signal), paths, goesOn);
  const watch = resolved.livekit.sip.enabled ? await provision(resolved, options, log) : undefined;
  signal.throwIfAborted();
  const ownsLiveKit = tools.livekitServer !== undefined;
  const { roles, useTrunks, useProcesses } = await startRoles(
    { ...options, config: resolved, ownsLiveKit },
    ground,
    starter,
    signal,
  );
  if (goesOn) {
    // What changed while nobody looked, and what the supervisor before had told.
    ground.hub.broadcast({ type: 'trunksChanged' });
    ground.hub.broadcast({ type: 'takeCalls' });
  }
  reloadTrunks(options, resolved, next => {
    useTrunks(next);
    watch?.use(next);
  });
  return {
    config: resolved,
    paths,
    keys,
    roles,
    useProcesses,
    admitSuccessor: () => admitSuccessor(options, paths),
  };
}

function admitSuccessor(
  { config, readConfig, startRoles: withRoles }: BringUpOptions,
  paths: NodePaths,
): boolean {
  try {
    const next = readConfig();
    if (fixedPart(next) !== fixedPart(config)) return false;
    new StartMark(paths.run).write(paths, next, withRoles);
    return true;
  } catch {
    // The configuration has an error now, or the disk is full.
    return false;
  }
}

/** Processes read the workflows as they are now, also those that are started again later. */
async function ofThisRun(config: Config, paths: NodePaths, goesOn: boolean): Promise<Config> {
  const dir = join(paths.run, 'workflows');
  if (!goesOn || !existsSync(dir)) await copyWorkflows(paths.workflows, dir);
  return { ...config, workflows: { ...config.workflows, dir } };
}

/** Folders, lock, leftovers, logs, keys, and the hub: what goes on from before waits for it. */
async function prepareGround(options: BringUpOptions): Promise<Ground> {
  const { project, config, stoppables } = options;
  const paths = nodePaths(project, config);
  mkdirSync(paths.data, { recursive: true, mode: 0o700 });
  assertFreeBytes(paths.data, LIMITS.startFreeBytes, 'a start');
  const lock = await lockInstance(paths);
  stoppables.add('lock', () => lock.release());
  const children = new ChildrenFile(paths.run);
  const adopted = await takeOver(options, paths, children);
  stoppables.add('watchdog', await startWatchdog(paths.run, children));
  const logs = new LogFiles(paths.logs);
  stoppables.add('logs', () => logs.close());
  const log = createLogger('supervisor', config.logLevel, logs.file('supervisor'));
  const socketPath = hubSocketPath(paths.run);
  stoppables.add('hub socket', () => removeHubSocket(socketPath, paths.run));
  const hub = await createHub({ socketPath, log });
  stoppables.add('hub', () => hub.close());
  return { paths, children, adopted, logs, log, keys: ensureKeys(config, paths), hub };
}

/** LiveKit's programs don't outlive the supervisor that reads their log, and the watchdog is of one supervisor. */
function canGoOn(name: string): boolean {
  return name !== 'watchdog' && !name.startsWith('livekit-');
}

/** Of an earlier start with the same settings what can go on does; all else that it left behind is ended. */
async function takeOver(
  { config, startRoles: withRoles, terminal }: BringUpOptions,
  paths: NodePaths,
  children: ChildrenFile,
): Promise<readonly ChildEntry[]> {
  const mark = new StartMark(paths.run);
  if (mark.isOf(paths, config, withRoles)) {
    const adopted = await children.takeOver(canGoOn, LEFTOVER_GRACE_MS);
    const names = adopted.map(({ name, pid }) => `${name} (process ${pid})`);
    if (names.length > 0) terminal.line(`✓ took over what an earlier start left behind: ${names.join(', ')}`);
    return adopted;
  }
  const leftovers = await children.endLeftovers(LEFTOVER_GRACE_MS);
  if (leftovers.length > 0)
    terminal.line(`✓ ended what an earlier start left behind: ${leftovers.join(', ')}`);
  mark.write(paths, config, withRoles);
  return [];
}

async function provision(
  config: Config,
  { terminal, stoppables }: BringUpOptions,
  log: Logger,
): Promise<ProvisionWatch> {
  await terminal.step('trunk and dispatch rule', async report => {
    const changes = await provisionSip(config);
    report.result(changes.length === 0 ? 'as they should be' : `made ${changes.join(', ')}`);
  });
  const watch = new ProvisionWatch(config, log, changes =>
    terminal.line(`✓ made again: ${changes.join(', ')}`),
  );
  stoppables.add('provision watch', () => watch.stop());
  watch.start();
  return watch;
}

function reloadTrunks(
  { configFile, readConfig, terminal, stoppables }: BringUpOptions,
  config: Config,
  apply: (config: Config) => void,
): void {
  const reload = new TrunkReload({ file: configFile, config, read: readConfig, apply, terminal });
  stoppables.add('trunk reload', () => reload.stop());
  reload.start();
}

async function startRoles(
  options: BringUpOptions & Pick<Runtime, 'ownsLiveKit'>,
  { paths, log, hub }: Ground,
  starter: ChildStarter,
  signal: AbortSignal,
): Promise<Pick<RunningNode, 'roles' | 'useProcesses'> & { readonly useTrunks: (config: Config) => void }> {
  const { config, project, ownsLiveKit, terminal, stoppables } = options;
  const { socketPath } = hub;
  const runtimeFile = join(paths.run, 'runtime.json');
  let current = config;
  let processes = mediaProcesses(config);
  const tellRoles = (): void => {
    const ofNow = { ...current, media: { ...current.media, processes } };
    const runtime: Runtime = { project, socketPath, config: ofNow, ownsLiveKit };
    writeSecretFile(runtimeFile, `${JSON.stringify(runtime)}\n`);
  };
  const useProcesses = (count: number): void => {
    processes = count;
    tellRoles();
  };
  // A supervisor before this one had begun an upgrade.
  const hasSpare = starter.isAdoptable(spareOf(config) ?? '');
  useProcesses(hasSpare ? processes + 1 : processes);
  const useTrunks = (next: Config): void => {
    current = next;
    tellRoles();
    hub.broadcast({ type: 'trunksChanged' });
  };
  const roles = new RoleFleet({
    config,
    paths,
    runtimeFile,
    hub,
    starter,
    log,
    onHung: (address, what) => terminal.warn(`${address} is killed: ${what}`),
    onDied: (_, lastWords) => terminal.warn(`${lastWords.split('\n')[0]}: starting it again`),
    onRestarted: address => terminal.line(`✓ ${address} is back`),
    onGivenUp: (address, lastWords) => options.onFailed(`${address} dies again and again: ${lastWords}`),
  });
  stoppables.add('roles', () => roles.stop());
  if (!options.startRoles) return { roles, useTrunks, useProcesses };
  await terminal.step('roles', async report => {
    const ready: string[] = [];
    await roles.start(address => {
      ready.push(address);
      report.doing(`${ready.join(', ')} ready`);
    }, signal);
    report.result(ready.join(', '));
  });
  return { roles, useTrunks, useProcesses };
}
