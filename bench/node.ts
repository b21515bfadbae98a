import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../src/config/load.ts';
import { nodePaths } from '../src/config/paths.ts';
import type { Config } from '../src/config/schema.ts';
import { isInstanceRunning } from '../src/supervisor/instance_lock.ts';
import type { BenchOptions } from './bench.ts';
import { hostInUri } from './wire/sip_uri.ts';

export const PROJECT = fileURLToPath(new URL('../', import.meta.url));
const READY_WITHIN_MS = 600_000;
const POLL_MS = 500;

/** The node that is called. */
export interface CalledNode {
  readonly target: string;
  readonly config: Config;
  /** Of the supervisor; undefined for a target elsewhere. */
  readonly pid: number | undefined;
}

/** How a phone reaches a node: its own SIP, or livekit-sip and a room. */
export type Way = 'phone' | 'livekit-sip';

/** The SIP address of a configuration's own node, reached from this machine. */
export function ownTarget({ sip, livekit }: Config, way: Way = 'phone'): string {
  const { host, port } = way === 'phone' ? sip : livekit.sip;
  const near = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `sip:${sip.numbers[0] ?? '+15550100'}@${hostInUri(near)}:${port}`;
}

/**
 * Runs a bench against the target that was named, the node that runs, or one started for it, on the `cores` named, and
 * stopped afterwards.
 */
export async function withNode<T>(
  options: BenchOptions & { readonly cores?: string | undefined },
  bench: (node: CalledNode) => Promise<T>,
  way: Way = 'phone',
): Promise<T> {
  const config = loadConfig(resolve(options.configFile));
  if (options.target !== undefined) return bench({ target: options.target, config, pid: undefined });
  const paths = nodePaths(PROJECT, config);
  const started = (await isInstanceRunning(paths)) ? undefined : startNode(options);
  try {
    await untilReady(config, started);
    const pid = Number(readFileSync(join(paths.run, 'trunkline.pid'), 'utf8'));
    return await bench({ target: ownTarget(config, way), config, pid });
  } finally {
    if (started !== undefined) await stopNode(started);
  }
}

function startNode({
  configFile,
  cores,
}: Pick<BenchOptions, 'configFile'> & { readonly cores?: string | undefined }): ChildProcess {
  process.stderr.write('no node runs: starting one\n');
  const command = [process.execPath, join(PROJECT, 'bin/start.mjs'), '--config', resolve(configFile)];
  const [program = '', ...args] = cores === undefined ? command : ['taskset', '-c', cores, ...command];
  return spawn(program, args, { cwd: PROJECT, stdio: ['ignore', 2, 2] });
}

async function untilReady({ http }: Config, started: ChildProcess | undefined): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[http.host] ?? http.host;
  for (;;) {
    if (started !== undefined && started.exitCode !== null)
      throw new Error('the node did not start; see above');
    const response = await fetch(`http://${hostInUri(host)}:${http.port}/readyz`).catch(() => undefined);
    if (response?.ok === true) return;
    if (performance.now() > deadline)
      throw new Error(`the node was not ready within ${READY_WITHIN_MS / 60_000} minutes`);
    await delay(POLL_MS);
  }
}

async function stopNode(started: ChildProcess): Promise<void> {
  if (started.exitCode !== null) return;
  started.kill('SIGTERM');
  await once(started, 'exit');
}
