import { constants } from 'node:os';
import { TrunklineError } from '../config/errors.ts';
import { nodePaths } from '../config/paths.ts';
import { bringUp, type RunningNode } from './bring_up.ts';
import { ChildrenFile } from './children_file.ts';
import type { StartCommand } from './cli.ts';
import { failureText } from './failure_text.ts';
import { tellGuardian } from './guardian.ts';
import { configFileOf, nodeConfig, nodeIntegrations, nodeProviders } from './node_config.ts';
import { providerWarning, talkingWorkflows } from './provider_lines.ts';
import { SharedGround } from './shared_ground.ts';
import { ShutdownRequest, ShutdownSignals } from './shutdown_signals.ts';
import { Stoppables } from './stoppables.ts';
import { summaryLines } from './summary.ts';
import { duration, Terminal } from './terminal.ts';
import { endSpare, type UpgradeParts, upgradeRoles } from './upgrade.ts';
import { UpgradeFile, UpgradeSignal } from './upgrade_signal.ts';

/**
 * Runs a node until a signal asks for its end. Nothing that it started is left when it returns.
 * @returns the exit code
 */
export async function supervise(command: StartCommand, project: string): Promise<number> {
  const terminal = new Terminal(process.stdout);
  // Whoever reads the lines may go away; the node goes on.
  process.stdout.on('error', () => undefined);
  const signals = new ShutdownSignals();
  const upgrades = new UpgradeSignal();
  const guardian = tellGuardian();
  const stoppables = new Stoppables((name, error) => terminal.warn(`${name}: ${failureText(error)}`));
  let code: number;
  try {
    code = await runNode(command, project, { terminal, signals, upgrades, stoppables, onUp: guardian.up });
  } catch (error) {
    const interrupted = error instanceof ShutdownRequest;
    if (interrupted) terminal.line(`${error.message} before it was up`);
    else terminal.fail(failureText(error));
    code = interrupted ? exitCode(error) : 1;
  }
  await stoppables.stopAll();
  signals.close();
  upgrades.close();
  guardian.close();
  return signals.atOnce.aborted ? exitCode(signals.atOnce.reason) : code;
}

interface Surroundings {
  readonly terminal: Terminal;
  readonly signals: ShutdownSignals;
  readonly upgrades: UpgradeSignal;
  readonly stoppables: Stoppables;
  readonly onUp: () => void;
}

/** @returns exit code 0 when a signal ended it, 1 when it could not go on */
async function runNode(
  command: StartCommand,
  project: string,
  { terminal, signals, upgrades, stoppables, onUp }: Surroundings,
): Promise<number> {
  const startedAt = performance.now();
  const ground = new SharedGround(project);
  const failed = Promise.withResolvers<string>();
  process.on('uncaughtException', error => failed.resolve(failureText(error)));
  const config = nodeConfig(project, command.configFile, command.without);
  const providers = nodeProviders(config, project);
  signals.atOnce.addEventListener('abort', () => {
    terminal.line('Ending at once.');
    // The ends that are under way have nothing left to wait for then.
    new ChildrenFile(nodePaths(project, config).run).killAll();
  });
  const node = await bringUp(
    {
      project,
      config,
      configFile: configFileOf(project, command.configFile),
      readConfig: () => nodeConfig(project, command.configFile, command.without),
      install: command.install,
      startRoles: !command.without.includes('roles'),
      terminal,
      stoppables,
      onFailed: failed.resolve,
    },
    signals.inOrder,
  );
  onUp();
  terminal.line(`Trunkline is up (${duration(startedAt)}).`);
  const integrations = nodeIntegrations(config, project);
  for (const line of summaryLines(node, providers, integrations)) terminal.line(line);
  // Whoever loads workflows tells what is wrong with them. That takes a while, and a signal need not wait for it.
  void talkingWorkflows(node.paths.workflows).then(
    talking => {
      const warning = providerWarning(config, providers, talking);
      if (warning !== undefined) terminal.warn(warning);
    },
    () => undefined,
  );
  upgrades.serve(() => upgradeNode(node, ground, terminal, signals.inOrder));
  void endSpare(upgradeParts(node, terminal, signals.inOrder)).catch(() => undefined);
  const sentence = await Promise.race([failed.promise, untilAborted(signals.inOrder)]);
  if (sentence !== undefined) terminal.fail(sentence);
  await drain(node, terminal, signals.atOnce);
  return sentence === undefined ? 0 : 1;
}

function upgradeParts(
  { roles, config, useProcesses, paths }: RunningNode,
  terminal: Terminal,
  signal: AbortSignal,
): UpgradeParts {
  const file = new UpgradeFile(paths.run);
  const tell = (sentence: string): void => {
    terminal.line(`✓ ${sentence}`);
    file.write({ state: 'running', sentence });
  };
  return { roles, config, useProcesses, signal, tell };
}

/** Roles first; then another supervisor takes over, where one can be started and takes nothing down with it. */
async function upgradeNode(
  node: RunningNode,
  ground: SharedGround,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  const file = new UpgradeFile(node.paths.run);
  terminal.line('Upgrading to the programs that are on the disk.');
  file.write({ state: 'running', sentence: 'upgrading' });
  let isAdmitted: boolean;
  try {
    const changed = ground.changed();
    if (changed.length > 0)
      throw new TrunklineError(
        'STEP_FAILED',
        `${changed.join(' and ')} changed: this version needs a restart`,
      );
    // Also for the one that comes where this one dies meanwhile.
    isAdmitted = node.admitSuccessor();
    await upgradeRoles(upgradeParts(node, terminal, signal));
  } catch (error) {
    const sentence = `not upgraded: ${failureText(error)}`;
    terminal.fail(sentence);
    file.write({ state: 'failed', sentence });
    return;
  }
  const goes = isAdmitted && process.connected === true && !node.config.livekit.enabled;
  const sentence = `all roles are new (${duration(startedAt)})${goes ? '' : '; the supervisor stays until the next start'}`;
  terminal.line(`✓ ${sentence}`);
  file.write({ state: 'done', sentence });
  // As it is followed by another when it is killed, so it is now.
  if (goes) process.kill(process.pid, 'SIGKILL');
}

async function drain({ roles, config }: RunningNode, terminal: Terminal, atOnce: AbortSignal): Promise<void> {
  const calls = roles.liveCalls;
  if (calls > 0) {
    terminal.line(
      `Waiting up to ${config.drainS} s for ${calls} calls to end; a second signal ends at once.`,
    );
  }
  await roles.drain(config.drainS * 1000, atOnce);
  terminal.line('Stopping.');
}

/** As shells tell an end by a signal. */
function exitCode({ signal }: ShutdownRequest): number {
  return 128 + constants.signals[signal];
}

function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise(resolve => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
