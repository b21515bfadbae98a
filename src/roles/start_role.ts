import { nodePaths } from '../config/paths.ts';
import { readRuntime } from '../config/runtime.ts';
import { connectLink } from '../ipc/link.ts';
import type { Address } from '../ipc/messages.ts';
import { createLogger } from '../observe/log.ts';
import type { RunRole } from './context.ts';

const ROLES: Readonly<Record<string, () => Promise<{ run: RunRole }>>> = {
  edge: () => import('./edge.ts'),
  media: () => import('./media.ts'),
  api: () => import('./api.ts'),
  jobs: () => import('./jobs.ts'),
};

/** A role that has not given everything back by then is ended as it is. */
const STOP_LIMIT_MS = 8_000;

/**
 * Makes this process a role of a running node, until the supervisor says stop, is gone for good, or SIGTERM asks for
 * the end. What nobody caught ends the process: the supervisor starts it again.
 * @throws TrunklineError CONFIG_INVALID when the runtime file is not one
 */
export async function startRole(address: Address, runtimeFile: string): Promise<void> {
  const { project, config, socketPath, ownsLiveKit } = readRuntime(runtimeFile);
  const log = createLogger(address, config.logLevel);
  process.on('uncaughtException', error => {
    log.fatal({ err: error }, 'uncaught');
    process.exit(1);
  });
  // Libraries decide by it whether to print what their own developers want to see.
  process.env.NODE_ENV ??= 'production';
  const { run } = await roleModule(address);
  const link = await connectLink({ address, socketPath, log });
  const paths = nodePaths(project, config);
  const role = await run({ address, config, paths, ownsLiveKit, runtimeFile, link, log });
  let stopping = false;
  const stop = async (why: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, 'stopping');
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    await role.stop();
    await link.close();
    process.exit(0);
  };
  link.on('stop', () => void stop('told to'));
  link.onLost(() => void stop('supervisor is gone'));
  process.on('SIGTERM', () => void stop('SIGTERM'));
}

async function roleModule(address: Address): Promise<{ run: RunRole }> {
  const load = ROLES[address.replace(/-\d+$/, '')];
  if (load === undefined) throw new TypeError(`${address} is no role of a process`);
  return await load();
}
