import { mediaProcesses, spareOf } from '../config/media_processes.ts';
import type { Config } from '../config/schema.ts';
import type { RoleFleet } from './roles.ts';

export interface UpgradeParts {
  readonly config: Config;
  readonly roles: Pick<RoleFleet, 'has' | 'add' | 'remove' | 'settled' | 'empty' | 'renew'>;
  /** Tells roles that are started from then on how many media processes there may be. */
  readonly useProcesses: (processes: number) => void;
  /** Aborts when the node is to end: then it stays as far as it is. */
  readonly signal: AbortSignal;
  readonly tell: (sentence: string) => void;
}

/** The processes that calls do not depend on, and the edge, which media processes teach their dialogs. */
const OTHERS = ['api', 'jobs', 'edge'] as const;

/**
 * Puts the programs that are on the disk now into the place of those that run, one process after another, with calls going on.
 * One media process more is started first: where it does not come up, nothing else is touched. Then each of the others takes
 * no new calls until its own are over, for `drainS` at most; what is left then goes on in another process.
 * @throws TrunklineError STEP_FAILED when a process of the new version does not come up; the rest is as it was
 */
export async function upgradeRoles(parts: UpgradeParts): Promise<void> {
  const { config, roles, useProcesses, signal, tell } = parts;
  const processes = mediaProcesses(config);
  const spare = spareOf(config);
  if (spare !== undefined && !roles.has(spare)) {
    useProcesses(processes + 1);
    try {
      await roles.add(spare, signal);
    } catch (error) {
      useProcesses(processes);
      throw error;
    }
    tell(`${spare} is there beside the others`);
  }
  for (let index = 0; index < processes; index += 1) await renewMedia(`media-${index}`, parts);
  for (const role of OTHERS) {
    if (!roles.has(role)) continue;
    signal.throwIfAborted();
    await roles.renew(role, role === 'edge');
    tell(`${role} is new`);
  }
  await endSpare(parts);
}

/** Ends the one more media process, if there is one; also where an upgrade before this one was not finished. */
export async function endSpare({ config, roles, useProcesses, signal }: UpgradeParts): Promise<void> {
  const spare = spareOf(config);
  if (spare === undefined || !roles.has(spare)) return;
  const drainMs = config.drainS * 1000;
  if (!(await roles.empty(spare, drainMs, signal))) {
    await roles.settled(signal);
    // It ends once it has said what became of the calls that others have now.
    await roles.renew(spare, true);
    await roles.empty(spare, drainMs, signal);
  }
  await roles.remove(spare);
  useProcesses(mediaProcesses(config));
}

async function renewMedia(address: string, { config, roles, signal, tell }: UpgradeParts): Promise<void> {
  signal.throwIfAborted();
  let isEmpty = await roles.empty(address, config.drainS * 1000, signal);
  if (!isEmpty) {
    // Its calls need somewhere to go: one that has just come may have died again.
    await roles.settled(signal);
    isEmpty = await roles.empty(address, 0, signal);
  }
  await roles.renew(address, !isEmpty);
  tell(isEmpty ? `${address} is new` : `${address} is new, and others have gone on with its calls`);
}
