import { userInfo } from 'node:os';
import { commitOf } from '../../bench/posture.ts';
import { bundleSha256, readBundle } from '../../src/workflow/versions/bundle.ts';
import type { Verdict } from '../check/judge.ts';
import { ledFolder } from '../model/led.ts';
import { openSimulatedModel } from '../model/model.ts';
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
  /** A model that leads its forms in further calls, of one seed: as `openSimulatedModel` takes it. */
  readonly model?: string | undefined;
  /** Who has it run; who is logged in when left out. */
  readonly by?: string | undefined;
}

/** What the gate says of a workflow. Plain data, in a form that is kept beside a version. */
export interface GateResult {
  readonly workflow: string;
  readonly version: string;
  /** Of the text that was called, with all that it includes: a version of another text is given nothing by it. */
  readonly sha256: string;
  /** Commit of the engine, with a plus where its files differ from it. */
  readonly engine: string;
  readonly ranBy: string;
  /** ISO 8601, UTC. */
  readonly ranAt: string;
  readonly passed: boolean;
  /** Thresholds that were missed, and what is worse than before. */
  readonly failed: readonly string[];
  readonly personas: number;
  readonly seeds: number;
  /** Without those that a model led. */
  readonly conversations: number;
  readonly summary: WorkflowSummary;
  readonly base?: { readonly version: string; readonly comparison: Comparison };
  readonly byTelephone?: WorkflowSummary;
  readonly withModel?: { readonly summary: WorkflowSummary; readonly misdeeds: number };
}

interface Held {
  readonly version: string;
  readonly sha256: string;
  readonly verdicts: readonly Verdict[];
}

/** Has a workflow called by everybody, and says whether it may go live. */
export async function gate(
  order: GateOrder,
): Promise<GateResult & { readonly verdicts: readonly Verdict[] }> {
  const { workflow, seeds, candidate, base, model } = order;
  const ranAt = new Date().toISOString();
  const { version, sha256, verdicts } = await hold(workflow, seeds, candidate);
  const summary = summarise(verdicts);
  const before = base === undefined ? undefined : await hold(workflow, seeds, base);
  const comparison = before && compare(summary.counts, summarise(before.verdicts).counts);
  const led = model === undefined ? undefined : await holdLed(workflow, seeds[0] ?? 1, candidate, model);
  const withModel = led && { summary: summarise(led.verdicts), misdeeds: led.misdeeds };
  const failed = [
    ...missed(summary),
    ...(comparison?.worse ?? []),
    ...(withModel === undefined ? [] : missed(withModel.summary, 'model').map(one => `with a model: ${one}`)),
  ];
  return {
    workflow,
    version,
    sha256,
    engine: commitOf(),
    ranBy: order.by ?? userInfo().username,
    ranAt,
    passed: failed.length === 0,
    failed,
    personas: new Set(verdicts.map(({ conversation }) => conversation.persona)).size,
    seeds: seeds.length,
    conversations: verdicts.length,
    summary,
    ...(before !== undefined &&
      comparison !== undefined && { base: { version: before.version, comparison } }),
    ...(withModel !== undefined && { withModel }),
    verdicts: [...verdicts, ...(led?.verdicts ?? [])],
  };
}

async function hold(workflow: string, seeds: readonly number[], other: string | undefined): Promise<Held> {
  await using folder = await workflowFolder(workflow, other);
  const sha256 = bundleSha256(await readBundle(folder.path, workflow));
  await using stage = await CallStage.open(folder.path);
  const [flow] = stage.reached(workflow);
  const campaign = { scenario: readScenario(workflow), personas: readPersonas(), seeds };
  return { version: flow!.version, sha256, verdicts: await runCalls(stage, campaign) };
}

/** The same callers, with a model that leads the forms. */
async function holdLed(workflow: string, seed: number, other: string | undefined, wanted: string) {
  await using folder = await workflowFolder(workflow, other);
  await using led = await ledFolder(folder.path);
  await using model = await openSimulatedModel(wanted, seed);
  await using stage = await CallStage.open(led.path);
  const campaign = { scenario: readScenario(workflow), personas: readPersonas(), seeds: [seed] };
  const verdicts = await runCalls(stage, { ...campaign, options: { llm: model.llm } });
  return { verdicts, misdeeds: [...model.misdeeds.values()].reduce((sum, count) => sum + count, 0) };
}
