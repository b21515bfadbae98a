import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodePaths } from '../config/paths.ts';
import { failureText } from './failure_text.ts';
import { isInstanceRunning } from './instance_lock.ts';
import { nodeConfig } from './node_config.ts';
import type { Terminal } from './terminal.ts';
import { UpgradeFile } from './upgrade_signal.ts';

const POLL_MS = 250;
/** A node that is up begins at once. */
const BEGUN_WITHIN_MS = 10_000;

/**
 * Has the node that runs with a configuration upgrade itself to the programs that are on the disk, and waits for it.
 * @returns exit code 0 when all of it is new
 */
export async function commandUpgrade(
  { configFile }: { readonly configFile: string | undefined },
  project: string,
  terminal: Terminal,
): Promise<number> {
  try {
    const paths = nodePaths(project, nodeConfig(project, configFile, []));
    if (!(await isInstanceRunning(paths))) {
      terminal.fail(`no node runs in ${paths.data}`);
      return 1;
    }
    const file = new UpgradeFile(paths.run);
    const before = file.read();
    if (before?.state !== 'running') file.remove();
    process.kill(Number(readFileSync(join(paths.run, 'trunkline.pid'), 'utf8')), 'SIGUSR2');
    return await followed(file, terminal);
  } catch (error) {
    terminal.fail(failureText(error));
    return 1;
  }
}

async function followed(file: UpgradeFile, terminal: Terminal): Promise<number> {
  const begunByMs = performance.now() + BEGUN_WITHIN_MS;
  let told = '';
  for (;;) {
    const now = file.read();
    if (now === undefined && performance.now() > begunByMs) {
      terminal.fail('the node does not begin: it is not up yet, or of a version that can not');
      return 1;
    }
    if (now !== undefined && now.sentence !== told) {
      told = now.sentence;
      if (now.state === 'failed') terminal.fail(told);
      else terminal.line(told);
    }
    if (now !== undefined && now.state !== 'running') return now.state === 'done' ? 0 : 1;
    await sleep(POLL_MS);
  }
}
