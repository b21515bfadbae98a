import { describeFault } from '../calls/fault.ts';
import { LIMITS } from '../config/limits.ts';
import type { Link } from '../ipc/link.ts';
import type { Address } from '../ipc/messages.ts';
import type { Logger } from '../observe/log.ts';
import type { VersionInForce, WorkflowStore } from '../store/workflow_versions.ts';
import type { InForce, KeptVersions } from '../workflow/versions/kept_versions.ts';
import { FILE_AUTHOR, liveOf } from '../workflow/versions/lifecycle.ts';
import type { FlowShelf } from '../workflow/versions/shelf.ts';
import { adoptFiles, type FileVersions } from './version_files.ts';

export interface VersionSpreadParts {
  readonly store: WorkflowStore;
  readonly tenantId: string;
  readonly kept: KeptVersions;
  /** Of this process; chats begin with what is on it. */
  readonly shelf: FlowShelf;
  readonly files: FileVersions;
  readonly link: Pick<Link, 'send' | 'on'>;
  readonly log: Logger;
  /** Lower in tests. */
  readonly limits?: { readonly lookMs: number; readonly inForceMs: number };
}

/** How far a change has come. */
export interface Spread {
  /** New calls of every process of this node begin with it. */
  readonly everywhere: boolean;
  /** Workflows that some process could not make what they should be. */
  readonly failed: readonly string[];
}

interface Told {
  readonly seq: number;
  readonly failed: readonly string[];
}

/**
 * Brings what the database says of versions to this node: onto its disk, from where it is known without the database, too; and
 * to its processes. Looks again and again for what other nodes have changed; what can't be had leaves all as it is.
 */
export class VersionSpread {
  readonly #parts: VersionSpreadParts;
  readonly #lookMs: number;
  readonly #inForceMs: number;
  /** What media processes say that they have; undefined before they say anything. */
  readonly #media = new Map<Address, Told | undefined>();
  readonly #waiting = new Set<() => void>();
  #here: Told = { seq: -1, failed: [] };
  #last: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isAdopted = false;
  #isAway = false;

  constructor(parts: VersionSpreadParts) {
    this.#parts = parts;
    this.#lookMs = parts.limits?.lookMs ?? LIMITS.versionLookMs;
    this.#inForceMs = parts.limits?.inForceMs ?? LIMITS.versionInForceMs;
    const { link } = parts;
    link.on('peerReady', ({ peer }) => this.#greet(peer));
    link.on('peerGone', ({ peer }) => this.#note(peer, 'gone'));
    link.on('workflowsInForce', ({ seq, failed }, from) => this.#note(from, { seq, failed }));
    this.#useHere();
  }

  /** From now on the node follows the database. */
  start(): void {
    this.#timer = setInterval(() => void this.#look(), this.#lookMs);
    this.#timer.unref();
    void this.#look();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#last;
  }

  /** After a change: resolves when it is in force, or when that takes too long. */
  async follow(): Promise<Spread> {
    await this.#inTurn(() => this.#sync());
    await this.#everywhere();
    return this.spread;
  }

  get spread(): Spread {
    const all = [this.#here, ...this.#media.values()];
    const everywhere = all.every(told => told?.seq === this.#here.seq && told.failed.length === 0);
    return { everywhere, failed: [...new Set(all.flatMap(told => told?.failed ?? []))] };
  }

  /** What the file says leads again where nothing else does. @throws TrunklineError STORE_UNAVAILABLE */
  async adopt(): Promise<void> {
    const { store, tenantId, files, log } = this.#parts;
    this.#isAdopted = false;
    await adoptFiles(store, tenantId, files, log);
    this.#isAdopted = true;
  }

  /** Has a version's text at hand that this node does not have, should the database know it. */
  async recall(workflow: string, flowVersion: string): Promise<void> {
    const { kept, store, tenantId, shelf, log } = this.#parts;
    if (shelf.has(workflow, flowVersion)) return;
    try {
      const bundle = await store.findFlow(tenantId, workflow, flowVersion);
      if (bundle !== undefined) await kept.keep({ workflow, flowVersion, bundle });
    } catch (error) {
      log.warn({ workflow, fault: describeFault(error) }, 'a version is not to be had');
    }
  }

  async #look(): Promise<void> {
    await this.#inTurn(async () => {
      if (!this.#isAdopted) await this.adopt();
      const { store, tenantId } = this.#parts;
      if ((await store.lastChange(tenantId)) !== this.#here.seq) await this.#sync();
      if (this.#isAway) this.#parts.log.info({}, 'versions of workflows are followed again');
      this.#isAway = false;
    }).catch(error => {
      const { log } = this.#parts;
      if (!this.#isAway)
        log.warn({ fault: describeFault(error) }, 'versions of workflows stay as they were known last');
      this.#isAway = true;
    });
  }

  async #sync(): Promise<void> {
    const { store, tenantId, kept, link } = this.#parts;
    const { seq, versions } = await store.inForce(tenantId);
    const texts = versions.map(({ workflow, flowVersion, files }) => ({
      workflow,
      flowVersion: flowVersion ?? '',
      bundle: files,
    }));
    await kept.write({ seq, workflows: workflowsOf(versions) }, texts);
    this.#useHere();
    for (const media of this.#media.keys()) link.send(media, { type: 'workflowsChanged' });
  }

  #useHere(): void {
    const { seq, failed, use } = this.#parts.shelf.look();
    use();
    this.#here = { seq, failed };
  }

  /** One thing after the other. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    await turn;
  }

  #greet(peer: Address): void {
    if (!peer.startsWith('media-')) return;
    this.#media.set(peer, undefined);
    this.#parts.link.send(peer, { type: 'workflowsChanged' });
  }

  #note(peer: Address, told: Told | 'gone'): void {
    if (told === 'gone') this.#media.delete(peer);
    else if (this.#media.has(peer)) this.#media.set(peer, told);
    for (const look of this.#waiting) look();
  }

  #everywhere(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      const all = [...this.#media.values()];
      if (all.every(told => told?.seq === this.#here.seq)) resolve();
    };
    const timer = setTimeout(resolve, this.#inForceMs);
    this.#waiting.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(look);
    });
  }
}

function workflowsOf(versions: readonly VersionInForce[]): InForce['workflows'] {
  const byName = Map.groupBy(versions, ({ workflow }) => workflow);
  return Object.fromEntries(
    [...byName].map(([workflow, all]) => {
      const live = liveOf(all);
      const tried = all.find(({ canaryPercent }) => canaryPercent !== null);
      return [
        workflow,
        {
          live: live ? { ...nameOf(live), byFile: live.deployedBy === FILE_AUTHOR } : null,
          canary: tried ? { ...nameOf(tried), percent: tried.canaryPercent ?? 0 } : null,
        },
      ];
    }),
  );
}

function nameOf({ version, flowVersion }: VersionInForce): { version: number; flowVersion: string } {
  return { version, flowVersion: flowVersion ?? '' };
}
