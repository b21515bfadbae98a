import { constants } from 'node:os';
import { nodePaths } from '../config/paths.ts';
import { bringUp, type RunningNode } from './bring_up.ts';
import { ChildrenFile } from './children_file.ts';
import type { StartCommand } from './cli.ts';
import { failureText } from './failure_text.ts';
import { nodeConfig } from './node_config.ts';
import { ShutdownRequest, ShutdownSignals } from './shutdown_signals.ts';
import { Stoppables } from './stoppables.ts';
import { summaryLines } from './summary.ts';
import { duration, Terminal } from './terminal.ts';

/**
 * Runs a node until a signal asks for its end. Nothing that it started is left when it returns.
 * @returns the exit code
 */
export async function supervise(command: StartCommand, project: string): Promise<number> {
  const terminal = new Terminal(process.stdout);
  // Whoever reads the lines may go away; the node goes on.
  process.stdout.on('error', () => undefined);
  const signals = new ShutdownSignals();
  const stoppables = new Stoppables((name, error) => terminal.warn(`${name}: ${failureText(error)}`));
  const failed = Promise.withResolvers<string>();
  const startedAt = performance.now();
  const onUncaught = (error: Error): void => failed.resolve(failureText(error));
  process.on('uncaughtException', onUncaught);
  try {
    const config = nodeConfig(project, command.configFile, command.without);
    signals.atOnce.addEventListener('abort', () => killEverything(project, config));
    const node = await bringUp(
      {
        project,
        config,
        install: command.install,
        startRoles: !command.without.includes('roles'),
        terminal,
        stoppables,
        onFailed: failed.resolve,
      },
      signals.inOrder,
    );
    terminal.line(`Trunkline is up (${duration(startedAt)}).`);
    for (const line of summaryLines(node)) terminal.line(line);
    const sentence = await Promise.race([failed.promise, untilAborted(signals.inOrder)]);
    if (sentence !== undefined) terminal.fail(sentence);
    await drain(node, terminal, signals.atOnce);
    return sentence === undefined ? 0 : 1;
  } catch (error) {
    if (error instanceof ShutdownRequest) {
      terminal.line(`${error.message} before it was up`);
      return 128 + constants.signals[error.signal];
    }
    terminal.fail(failureText(error));
    return 1;
  } finally {
    await stoppables.stopAll();
    signals.close();
    process.off('uncaughtException', onUncaught);
  }
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

/** What the second signal asks for: the ends that are under way have nothing left to wait for. */
function killEverything(project: string, config: Parameters<typeof nodePaths>[1]): void {
  new ChildrenFile(nodePaths(project, config).run).killAll();
}

function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise(resolve => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
