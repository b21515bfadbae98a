import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../config/limits.ts';
import { mediaProcesses, spareOf } from '../config/media_processes.ts';
import type { NodePaths } from '../config/paths.ts';
import type { Config } from '../config/schema.ts';
import type { Hub } from '../ipc/hub.ts';
import type { Address } from '../ipc/messages.ts';
import { LISTENING_CLOSELY, type ListeningTimes } from '../ipc/silence.ts';
import type { Logger } from '../observe/log.ts';
import type { ChildStarter } from './child.ts';
import { Heartbeat } from './heartbeat.ts';
import { Keeper } from './keeper.ts';
import { RoleFaults } from './role_faults.ts';
import type { Running } from './running.ts';
import { Starvation } from './starvation.ts';

export interface RoleFleetOptions {
  readonly config: Config;
  readonly paths: NodePaths;
  readonly runtimeFile: string;
  readonly hub: Hub;
  readonly starter: ChildStarter;
  readonly log: Logger;
  /** It hangs, as `what` says, and is killed for it; then it dies. */
  readonly onHung: (address: Address, what: string) => void;
  readonly onDied: (address: Address, lastWords: string) => void;
  readonly onRestarted: (address: Address) => void;
  readonly onGivenUp: (address: Address, lastWords: string) => void;
  readonly heartbeatTimes?: ListeningTimes;
}

const STOP_MS = 10_000;
const TERMINATE_MS = 3_000;
const DRAIN_POLL_MS = 100;
/** More than the time between two reports of a load. */
const EMPTY_POLL_MS = 1200;
const BACK_POLL_MS = 20;
const SETTLED_MS = 2000;

/** The roles of a node, each a process that is kept running. */
export class RoleFleet {
  readonly #options: RoleFleetOptions;
  readonly #keepers: Map<Address, Keeper>;
  readonly #readyWaiters = new Map<Address, () => void>();
  /** Calls that each media process has, as it told last. */
  readonly #calls = new Map<Address, number>();
  readonly #faults: RoleFaults;
  readonly #heartbeat: Heartbeat;
  /** Of media processes, in addition. */
  readonly #closeHeartbeat: Heartbeat;
  readonly #starvation = new Starvation();

  constructor(options: RoleFleetOptions) {
    this.#options = options;
    const media = Array.from({ length: mediaProcesses(options.config) }, (_, index) => `media-${index}`);
    // A supervisor before this one had begun an upgrade.
    const spare = spareOf(options.config);
    if (spare !== undefined && options.starter.isAdoptable(spare)) media.push(spare);
    const jobs = options.config.jobs.enabled ? ['jobs'] : [];
    this.#keepers = new Map(
      [...media, 'edge', 'api', ...jobs].map(address => [address, this.#keeper(address)]),
    );
    const { hub, heartbeatTimes } = options;
    this.#faults = new RoleFaults(hub, [...this.#keepers.keys()]);
    const kill = (address: Address, what: string): void => this.#kill(address, what);
    this.#heartbeat = new Heartbeat(hub, kill, heartbeatTimes && { times: heartbeatTimes });
    this.#closeHeartbeat = new Heartbeat(hub, kill, {
      times: heartbeatTimes ?? LISTENING_CLOSELY,
      isExcused: address => this.#starvation.hasStarved(address),
    });
    hub.on('ready', (_, from) => this.#readyWaiters.get(from)?.());
    hub.on('load', ({ calls }, from) => this.#calls.set(from, calls));
    hub.onPeerGone(peer => this.#calls.delete(peer));
  }

  get liveCalls(): number {
    return [...this.#calls.values()].reduce((sum, calls) => sum + calls, 0);
  }

  /** Media first, so that the edge has somewhere to send a call; `onReady` hears of each. */
  async start(onReady: (address: Address) => void, signal: AbortSignal): Promise<void> {
    const startAll = (keepers: readonly Keeper[]) =>
      Promise.all(keepers.map(keeper => keeper.start(signal).then(() => onReady(keeper.name))));
    const keepers = [...this.#keepers.values()];
    await startAll(keepers.filter(isMedia));
    await startAll(keepers.filter(keeper => !isMedia(keeper)));
  }

  /** Takes no new calls and waits until the live ones are over, the time is up, or the signal aborts. */
  async drain(drainMs: number, signal: AbortSignal): Promise<void> {
    for (const keeper of this.#keepers.values()) keeper.expectEnd();
    const untilMs = performance.now() + drainMs;
    this.#options.hub.broadcast({ type: 'drain', deadlineMs: Date.now() + drainMs });
    while (this.liveCalls > 0 && performance.now() < untilMs && !signal.aborted) {
      await sleep(DRAIN_POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  has(address: Address): boolean {
    return this.#keepers.has(address);
  }

  /** One process more. @throws TrunklineError STEP_FAILED when it does not come up; then there is none */
  async add(address: Address, signal: AbortSignal): Promise<void> {
    const keeper = this.#keeper(address);
    await keeper.start(signal);
    this.#keepers.set(address, keeper);
  }

  /** Ends one for good. */
  async remove(address: Address): Promise<void> {
    const keeper = this.#keepers.get(address);
    if (keeper === undefined) return;
    keeper.expectEnd();
    this.#options.hub.send(address, { type: 'stop' });
    await endOf(keeper);
    this.#forget(address);
    this.#keepers.delete(address);
  }

  /** Resolves once all roles have been at their work for a while: then one of them can go. */
  async settled(signal: AbortSignal): Promise<void> {
    const { hub } = this.#options;
    let sinceMs = performance.now();
    while (performance.now() - sinceMs < SETTLED_MS) {
      if (![...this.#keepers.keys()].every(address => hub.isReady(address))) sinceMs = performance.now();
      await sleep(DRAIN_POLL_MS, undefined, { signal });
    }
  }

  /** Has a media process take no new calls; resolves when its last one is over, false when the time is up first. */
  async empty(address: Address, limitMs: number, signal: AbortSignal): Promise<boolean> {
    const untilMs = performance.now() + limitMs;
    this.#options.hub.send(address, { type: 'drain', deadlineMs: Date.now() + limitMs });
    // What it told before it had heard of it counts for nothing.
    do await sleep(EMPTY_POLL_MS, undefined, { signal });
    while ((this.#calls.get(address) ?? 0) > 0 && performance.now() < untilMs);
    return (this.#calls.get(address) ?? 0) === 0;
  }

  /**
   * Puts a process with the programs that are on the disk now into the place of one. That is told to end, or `killed`, so that
   * others go on with what it has. @throws TrunklineError STEP_FAILED when the new one does not come up
   */
  async renew(address: Address, killed: boolean): Promise<void> {
    const keeper = this.#keepers.get(address);
    if (keeper === undefined) return;
    const renewed = keeper.replace();
    if (killed) keeper.kill();
    else this.#options.hub.send(address, { type: 'stop' });
    const tooLong = setTimeout(() => keeper.kill(), STOP_MS);
    await renewed.finally(() => clearTimeout(tooLong));
  }

  /** Ends all roles: they are told to, then asked by SIGTERM, then killed. */
  async stop(): Promise<void> {
    this.#heartbeat.close();
    this.#closeHeartbeat.close();
    for (const keeper of this.#keepers.values()) keeper.expectEnd();
    this.#options.hub.broadcast({ type: 'stop' });
    await Promise.all([...this.#keepers.values()].map(endOf));
  }

  #keeper(address: Address): Keeper {
    const { log, onDied, onRestarted, onGivenUp } = this.#options;
    return new Keeper({
      name: address,
      start: signal => this.#startRole(address, signal),
      log,
      onReplaced: () => this.#forget(address),
      onDied: lastWords => {
        this.#forget(address);
        this.#faults.countDeath(address);
        onDied(address, lastWords);
      },
      onRestarted: () => onRestarted(address),
      giveUp: {
        deathsPerMinute: LIMITS.roleRestartsPerMinute,
        tell: lastWords => onGivenUp(address, lastWords),
      },
    });
  }

  #kill(address: Address, what: string): void {
    const { log, onHung } = this.#options;
    log.error({ process: address, what }, 'process hangs and is killed');
    this.#forget(address);
    this.#faults.countHang(address);
    onHung(address, what);
    this.#keepers.get(address)?.kill();
  }

  #forget(address: Address): void {
    this.#heartbeat.forget(address);
    this.#closeHeartbeat.forget(address);
  }

  /** One that was there before finds its way to the hub by itself, and tells what it carries. */
  async #untilBack(address: Address, end: AbortSignal): Promise<void> {
    const { hub } = this.#options;
    const hasTold = (): boolean => !address.startsWith('media-') || this.#calls.has(address);
    while (!hub.isReady(address) || !hasTold()) await sleep(BACK_POLL_MS, undefined, { signal: end });
  }

  async #startRole(address: Address, signal: AbortSignal): Promise<Running> {
    const { paths, runtimeFile, starter } = this.#options;
    let isAdopted = starter.isAdoptable(address);
    const ready = new Promise<void>(resolve => this.#readyWaiters.set(address, resolve));
    const main = join(paths.project, 'src', 'main.ts');
    const running = await starter.start(
      {
        name: address,
        program: process.execPath,
        args: [main, '--role', address, '--runtime', runtimeFile],
        cwd: paths.project,
        env: process.env,
        endWith: [{ signal: 'SIGTERM', waitMs: TERMINATE_MS }],
        ready: end => {
          const isBack = isAdopted;
          isAdopted = false;
          return isBack ? this.#untilBack(address, end) : Promise.race([ready, aborted(end)]);
        },
        readyLimitMs: LIMITS.serviceReadyMs,
      },
      signal,
    );
    this.#heartbeat.expect(address);
    if (address.startsWith('media-')) {
      this.#starvation.watch(address, running.pid);
      this.#closeHeartbeat.expect(address);
    }
    return running;
  }
}

/** Told to end already. */
async function endOf(keeper: Keeper): Promise<void> {
  const limit = new AbortController();
  await Promise.race([keeper.ended, sleep(STOP_MS, undefined, limit).catch(() => undefined)]);
  limit.abort();
  await keeper.stop();
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function isMedia({ name }: Keeper): boolean {
  return name.startsWith('media-');
}
