import { TrunklineError } from '../config/errors.ts';
import type {
  HistoryPage,
  HistoryRow,
  StoredVersion,
  WholeVersion,
  WorkflowStore,
} from '../store/workflow_versions.ts';
import type { LoadedFlow } from '../workflow/load.ts';
import {
  assertBundle,
  assertFits,
  type Bundle,
  bundleSha256,
  flowOfBundle,
  type Makings,
} from '../workflow/versions/bundle.ts';
import { diffBundles } from '../workflow/versions/diff.ts';
import type { InForce, KeptVersions } from '../workflow/versions/kept_versions.ts';
import {
  approve,
  attachGate,
  deploy,
  liveOf,
  type Order,
  reject,
  retire,
  rollBack,
  submit,
  type VersionChange,
  type VersionFacts,
  versionOf,
} from '../workflow/versions/lifecycle.ts';
import { assertWithinReach, type ToolReach } from '../workflow/versions/reach.ts';
import { assertSecretsStay } from '../workflow/versions/secrets.ts';
import type { FlowShelf } from '../workflow/versions/shelf.ts';
import type { Spread, VersionSpread } from './version_spread.ts';

export interface VersionDeskParts {
  readonly store: WorkflowStore;
  readonly kept: Pick<KeptVersions, 'read'>;
  readonly shelf: FlowShelf;
  readonly spread: Pick<VersionSpread, 'adopt' | 'follow' | 'spread'>;
  readonly makings: Makings;
  readonly reach: ToolReach;
  readonly settings: { readonly soleOperator: boolean; readonly needsGate: boolean };
}

/** What new calls of a workflow begin with. */
export interface WorkflowState {
  readonly workflow: string;
  /** As calls record it; null where nothing answers calls. */
  readonly flowVersion: string | null;
  /** Number of that version; null where it is none yet, as of a file while the database is away. */
  readonly version: number | null;
  /** Nobody has deployed it: it is what the file says. */
  readonly byFile: boolean;
  readonly canary: {
    readonly version: number;
    readonly flowVersion: string;
    readonly percent: number;
  } | null;
}

export interface Changed {
  readonly version: StoredVersion;
  readonly inForce: Spread;
}

/** A version by its number, or the one that is live. */
export type VersionName = number | 'live';

/** What people do with versions of workflows; who may is decided in src/workflow/versions/lifecycle.ts. */
export class VersionDesk {
  readonly #parts: VersionDeskParts;

  constructor(parts: VersionDeskParts) {
    this.#parts = parts;
  }

  /** Workflows that can answer, in alphabetical order. */
  names(): readonly string[] {
    return [...this.#parts.shelf.live.keys()].toSorted();
  }

  /** Known without the database. */
  states(): readonly WorkflowState[] {
    const { workflows } = this.#inForce();
    return this.names().map(workflow => this.#state(workflow, workflows[workflow]));
  }

  /** @throws TrunklineError WORKFLOW_UNKNOWN, STORE_UNAVAILABLE */
  async state(tenantId: string, workflow: string): Promise<WorkflowState & { readonly inForce: Spread }> {
    if (!this.#parts.shelf.live.has(workflow)) await this.versions(tenantId, workflow);
    return {
      ...this.#state(workflow, this.#inForce().workflows[workflow]),
      inForce: this.#parts.spread.spread,
    };
  }

  /** Newest first. @throws TrunklineError WORKFLOW_UNKNOWN, STORE_UNAVAILABLE */
  async versions(tenantId: string, workflow: string): Promise<readonly StoredVersion[]> {
    const all = await this.#parts.store.list(tenantId, workflow);
    if (all.length === 0) throw new TrunklineError('WORKFLOW_UNKNOWN', 'no version of it is kept');
    return all;
  }

  /** @throws TrunklineError NOT_FOUND, STORE_UNAVAILABLE */
  async version(tenantId: string, workflow: string, name: VersionName): Promise<WholeVersion> {
    const { store } = this.#parts;
    const live = name === 'live' ? liveOf(await store.list(tenantId, workflow))?.version : name;
    const found = live === undefined ? undefined : await store.find(tenantId, workflow, live);
    if (found === undefined) throw new TrunklineError('NOT_FOUND', `${workflow} has no version ${name}`);
    return found;
  }

  history(tenantId: string, workflow: string, page: HistoryPage): Promise<readonly HistoryRow[]> {
    return this.#parts.store.history(tenantId, workflow, page);
  }

  /** Unified; empty where both are the same. @throws TrunklineError NOT_FOUND, TOO_LARGE, STORE_UNAVAILABLE */
  async diff(tenantId: string, workflow: string, from: VersionName, to: VersionName): Promise<string> {
    const [before, after] = [
      await this.version(tenantId, workflow, from),
      await this.version(tenantId, workflow, to),
    ];
    const names = { from: `version ${before.version}`, to: `version ${after.version}` };
    return diffBundles(before.files, after.files, names);
  }

  /** A text may be faulty as long as nobody submits it. @throws TrunklineError BAD_REQUEST, TOO_LARGE, VERSION_CONFLICT */
  async draft(tenantId: string, workflow: string, files: Bundle, order: Order): Promise<StoredVersion> {
    assertBundle(workflow, files);
    const sha256 = bundleSha256(files);
    const { who: author, note } = order;
    return this.#parts.store.add(tenantId, workflow, { files, sha256, flowVersion: null, author, note });
  }

  /** @throws TrunklineError WORKFLOW_INVALID naming file, line, column and key; NOT_FOUND, VERSION_STATE */
  async submit(tenantId: string, workflow: string, version: number, order: Order): Promise<Changed> {
    const { files } = await this.version(tenantId, workflow, version);
    const flow = this.#made(workflow, files);
    return this.#change(tenantId, workflow, version, all => [
      submit(versionOf(all, version), order, flow.version),
    ]);
  }

  approve(tenantId: string, workflow: string, version: number, order: Order): Promise<Changed> {
    const { settings } = this.#parts;
    return this.#change(tenantId, workflow, version, all => [
      approve(versionOf(all, version), order, settings),
    ]);
  }

  reject(tenantId: string, workflow: string, version: number, order: Order): Promise<Changed> {
    return this.#change(tenantId, workflow, version, all => [reject(versionOf(all, version), order)]);
  }

  attachGate(
    tenantId: string,
    workflow: string,
    version: number,
    order: Order & { readonly gate: VersionChange['gate'] },
  ): Promise<Changed> {
    return this.#change(tenantId, workflow, version, all => [
      attachGate(versionOf(all, version), order, order.gate),
    ]);
  }

  /** Where what is live is retired, the file leads again. */
  async retire(tenantId: string, workflow: string, version: number, order: Order): Promise<Changed> {
    const { store, spread } = this.#parts;
    await store.change(tenantId, workflow, all => [retire(versionOf(all, version), order)]);
    await spread.adopt();
    return this.#changed(tenantId, workflow, version);
  }

  /** @throws TrunklineError WORKFLOW_INVALID where it does not fit what is live by now; what `deploy` throws */
  async deploy(
    tenantId: string,
    workflow: string,
    version: number,
    order: Order & { readonly percent: number; readonly replaces: number | null | undefined },
  ): Promise<Changed> {
    const { settings } = this.#parts;
    const replaces = order.replaces === undefined ? await this.#live(tenantId, workflow) : order.replaces;
    const { files, state } = await this.version(tenantId, workflow, version);
    if (order.percent > 0 && state === 'approved') this.#made(workflow, files);
    return this.#change(tenantId, workflow, version, all =>
      deploy(all, { ...order, version, replaces }, settings),
    );
  }

  /** @throws TrunklineError what `rollBack` throws; WORKFLOW_INVALID where this node can't read what was live before */
  async rollBack(
    tenantId: string,
    workflow: string,
    order: Order & { readonly replaces: number | null | undefined },
  ): Promise<Changed> {
    const known = await this.versions(tenantId, workflow);
    const live = liveOf(known);
    const replaces = order.replaces === undefined ? (live?.version ?? null) : order.replaces;
    const isTrial = known.some(({ canaryPercent }) => canaryPercent !== null);
    if (live?.replaced != null && !isTrial) {
      const { files } = await this.version(tenantId, workflow, live.replaced);
      flowOfBundle(workflow, files, this.#parts.makings);
    }
    let version = 0;
    const all = await this.#parts.store.change(tenantId, workflow, before => {
      const changes = rollBack(before, { ...order, replaces });
      version = changes.at(-1)?.version ?? 0;
      return changes;
    });
    return this.#changed(tenantId, workflow, liveOf(all)?.version ?? version);
  }

  /** What the text makes, where it may be live here. @throws TrunklineError WORKFLOW_INVALID */
  #made(workflow: string, files: Bundle): LoadedFlow {
    const { makings, shelf, reach } = this.#parts;
    const flow = flowOfBundle(workflow, files, makings);
    assertFits(flow, [...shelf.live.values()], makings);
    assertSecretsStay(flow, shelf.files);
    assertWithinReach(flow, reach);
    return flow;
  }

  async #live(tenantId: string, workflow: string): Promise<number | null> {
    return liveOf(await this.versions(tenantId, workflow))?.version ?? null;
  }

  async #change(
    tenantId: string,
    workflow: string,
    version: number,
    decide: (all: readonly VersionFacts[]) => readonly VersionChange[],
  ): Promise<Changed> {
    await this.#parts.store.change(tenantId, workflow, decide);
    return this.#changed(tenantId, workflow, version);
  }

  async #changed(tenantId: string, workflow: string, version: number): Promise<Changed> {
    const inForce = await this.#parts.spread.follow();
    return { version: versionOf(await this.versions(tenantId, workflow), version), inForce };
  }

  #state(workflow: string, told: InForce['workflows'][string] | undefined): WorkflowState {
    const flow = this.#parts.shelf.live.get(workflow);
    const isTold = told?.live != null && told.live.flowVersion === flow?.version;
    return {
      workflow,
      flowVersion: flow?.version ?? null,
      version: isTold ? (told.live?.version ?? null) : null,
      byFile: flow !== undefined && told?.live?.byFile !== false,
      canary: told?.canary ?? null,
    };
  }

  #inForce(): InForce {
    try {
      return this.#parts.kept.read();
    } catch {
      return { seq: 0, workflows: {} };
    }
  }
}
