import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import { handOffsOf } from '../check/hand_offs.ts';
import type { LoadedFlow } from '../load.ts';
import type { Bundle } from './bundle.ts';
import type { CallFlows, FlowsOfCall, VersionsOfCall } from './call_flows.ts';
import { triesVersion } from './canary.ts';
import type { InForce, KeptVersions } from './kept_versions.ts';

export interface ShelfParts {
  /** What the workflows folder says, by name. */
  readonly files: ReadonlyMap<string, LoadedFlow>;
  readonly kept: Pick<KeptVersions, 'read' | 'textOf'>;
  /** @throws TrunklineError WORKFLOW_INVALID */
  compile(workflow: string, bundle: Bundle): LoadedFlow;
  /** Told of versions that can't be had; calls get what comes next to them. */
  onFault(error: unknown, workflow: string): void;
}

interface Placed {
  readonly seq: number;
  readonly live: ReadonlyMap<string, LoadedFlow>;
  readonly tried: ReadonlyMap<string, { readonly flow: LoadedFlow; readonly percent: number }>;
}

/** What a look at the versions in force found. */
export interface Look {
  readonly seq: number;
  /** Flows that no call has begun with yet. */
  readonly fresh: readonly LoadedFlow[];
  /** Workflows that could not be made what they should be. */
  readonly failed: readonly string[];
  /** From now on new calls begin with them. */
  use(): void;
}

/**
 * The workflows of a process in all versions that its calls need: those in force for calls that begin, and those that calls of
 * other processes began with. What is in force changes as a whole, and for new calls only.
 */
export class FlowShelf implements CallFlows {
  readonly #parts: ShelfParts;
  /** By workflow and version; the one used longest ago first. */
  readonly #compiled = new Map<string, LoadedFlow>();
  #placed: Placed;

  constructor(parts: ShelfParts) {
    this.#parts = parts;
    this.#placed = { seq: 0, live: parts.files, tried: new Map() };
  }

  /** Number of the change that is in force here. */
  get seq(): number {
    return this.#placed.seq;
  }

  /** What new calls begin with, those that try a version apart. */
  get live(): ReadonlyMap<string, LoadedFlow> {
    return this.#placed.live;
  }

  /** What the workflows folder says, whoever leads. */
  get files(): Iterable<LoadedFlow> {
    return this.#parts.files.values();
  }

  /** Whether that version is here, so that calls can go on with it. */
  has(workflow: string, flowVersion: string): boolean {
    const { files, kept } = this.#parts;
    if (files.get(workflow)?.version === flowVersion || this.#compiled.has(`${workflow} ${flowVersion}`))
      return true;
    return kept.textOf(workflow, flowVersion) !== undefined;
  }

  /** Reads what is in force; nothing changes before `use`. What can't be read leaves all as it is. */
  look(): Look {
    const { kept, files, onFault } = this.#parts;
    const failed: string[] = [];
    let inForce: InForce;
    try {
      inForce = kept.read();
    } catch (error) {
      onFault(error, '');
      return { seq: this.seq, fresh: [], failed: [...this.live.keys()], use: () => undefined };
    }
    const live = new Map(files);
    const tried = new Map<string, { flow: LoadedFlow; percent: number }>();
    for (const [workflow, { live: one, canary }] of Object.entries(inForce.workflows)) {
      const before = this.#placed.live.get(workflow);
      const flow = one === null || one.byFile ? undefined : this.#version(workflow, one.flowVersion);
      if (flow !== undefined) live.set(workflow, flow);
      else if (one !== null && !one.byFile) {
        failed.push(workflow);
        if (before !== undefined) live.set(workflow, before);
      }
      if (canary === null) continue;
      const { flowVersion, percent } = canary;
      const trial = this.#version(workflow, flowVersion);
      if (trial === undefined) failed.push(workflow);
      else tried.set(workflow, { flow: trial, percent });
    }
    const placed = { seq: inForce.seq, live, tried };
    const known = new Set(flowsIn(this.#placed));
    return {
      seq: inForce.seq,
      fresh: flowsIn(placed).filter(flow => !known.has(flow)),
      failed: [...new Set(failed)],
      use: () => {
        this.#placed = placed;
      },
    };
  }

  ofCall(callId: string, versions: VersionsOfCall = {}): FlowsOfCall {
    const { live, tried } = this.#placed;
    const began = new Map<string, LoadedFlow | undefined>();
    const begins = (workflow: string): LoadedFlow | undefined => {
      const trial = tried.get(workflow);
      return trial !== undefined && triesVersion(callId, trial.percent) ? trial.flow : live.get(workflow);
    };
    const get = (workflow: string): LoadedFlow | undefined => {
      if (began.has(workflow)) return began.get(workflow);
      const wanted = Object.hasOwn(versions, workflow) ? versions[workflow] : undefined;
      const flow = (wanted === undefined ? undefined : this.#version(workflow, wanted)) ?? begins(workflow);
      began.set(workflow, flow);
      return flow;
    };
    return {
      get,
      isTried: workflow => {
        const flow = get(workflow);
        return flow !== undefined && flow === tried.get(workflow)?.flow;
      },
      versionsFrom: workflow => reachable(workflow, get),
    };
  }

  /** That version, from memory or the disk; undefined where it can't be had. */
  #version(workflow: string, flowVersion: string): LoadedFlow | undefined {
    const file = this.#parts.files.get(workflow);
    if (file?.version === flowVersion) return file;
    const key = `${workflow} ${flowVersion}`;
    try {
      const flow = this.#compiled.get(key) ?? this.#compile(workflow, flowVersion);
      this.#compiled.delete(key);
      this.#compiled.set(key, flow);
      this.#forgetOldest();
      return flow;
    } catch (error) {
      this.#parts.onFault(error, workflow);
      return undefined;
    }
  }

  #compile(workflow: string, flowVersion: string): LoadedFlow {
    const { kept, compile } = this.#parts;
    const bundle = kept.textOf(workflow, flowVersion);
    if (bundle === undefined)
      throw new TrunklineError('WORKFLOW_UNKNOWN', `${workflow} ${flowVersion} is not kept`);
    const flow = compile(workflow, bundle);
    if (flow.version !== flowVersion)
      throw new TrunklineError('WORKFLOW_INVALID', `${workflow} ${flowVersion} is kept with another text`);
    return flow;
  }

  /** Calls hold on to what they began with, whether or not it is kept here. */
  #forgetOldest(): void {
    for (const key of this.#compiled.keys()) {
      if (this.#compiled.size <= LIMITS.versionsCompiled + this.#placed.live.size) return;
      this.#compiled.delete(key);
    }
  }
}

function flowsIn({ live, tried }: Placed): readonly LoadedFlow[] {
  return [...live.values(), ...[...tried.values()].map(({ flow }) => flow)];
}

function reachable(first: string, get: (workflow: string) => LoadedFlow | undefined): VersionsOfCall {
  const versions = new Map<string, string>();
  const wanted = [first];
  // What is added meanwhile is visited, too.
  for (const workflow of wanted) {
    const flow = versions.has(workflow) ? undefined : get(workflow);
    if (flow === undefined) continue;
    versions.set(workflow, flow.version);
    wanted.push(...handOffsOf(flow.document));
  }
  return Object.fromEntries(versions);
}
