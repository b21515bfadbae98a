import type { Verdict } from '../check/judge.ts';
import { readPersonas, readScenario } from '../read.ts';
import { summarise, type WorkflowSummary } from '../report/summary.ts';
import { runCalls } from '../run_calls.ts';
import { CallStage } from '../text/stage.ts';
import { type Comparison, compare, missed } from './verdicts.ts';
import { workflowFolder } from './versions.ts';

export interface GateOrder {
  readonly workflow: string;
  readonly seeds: readonly number[];
  /** A file in place of the shipped one, or a folder of workflows. */
  readonly candidate?: string | undefined;
  /** What it is compared with: a file or a folder. */
  readonly base?: string | undefined;
}

/** What the gate says of a workflow. Plain data, in a form that is kept beside a version. */
export interface GateResult {
  readonly workflow: string;
  readonly version: string;
  readonly passed: boolean;
  /** Thresholds that were missed, and what is worse than before. */
  readonly failed: readonly string[];
  readonly personas: number;
  readonly seeds: number;
  readonly summary: WorkflowSummary;
  readonly base?: { readonly version: string; readonly comparison: Comparison };
}

interface Held {
  readonly version: string;
  readonly verdicts: readonly Verdict[];
}

/** Has a workflow called by everybody, and says whether it may go live. */
export async function gate(
  order: GateOrder,
): Promise<GateResult & { readonly verdicts: readonly Verdict[] }> {
  const { workflow, seeds, candidate, base } = order;
  const { version, verdicts } = await hold(workflow, seeds, candidate);
  const summary = summarise(verdicts);
  const before = base === undefined ? undefined : await hold(workflow, seeds, base);
  const comparison = before && compare(summary.counts, summarise(before.verdicts).counts);
  const failed = [...missed(summary), ...(comparison?.worse ?? [])];
  return {
    workflow,
    version,
    passed: failed.length === 0,
    failed,
    personas: new Set(verdicts.map(({ conversation }) => conversation.persona)).size,
    seeds: seeds.length,
    summary,
    ...(before !== undefined &&
      comparison !== undefined && { base: { version: before.version, comparison } }),
    verdicts,
  };
}

async function hold(workflow: string, seeds: readonly number[], other: string | undefined): Promise<Held> {
  await using folder = await workflowFolder(workflow, other);
  await using stage = await CallStage.open(folder.path);
  const [flow] = stage.reached(workflow);
  const campaign = { scenario: readScenario(workflow), personas: readPersonas(), seeds };
  return { version: flow!.version, verdicts: await runCalls(stage, campaign) };
}
