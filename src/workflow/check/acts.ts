import { stepsOf } from '../act_steps.ts';
import type { WorkflowDocument } from '../schema.ts';
import { placeholdersOf } from '../speak/template.ts';
import type { ActStage, ActStep } from '../stage_schema.ts';
import type { ToolParameter, ToolSpec } from '../tool_schema.ts';
import { takes } from '../tools.ts';
import { needKnown, needStage } from './names.ts';
import type { Path, Report } from './report.ts';
import { checkSentences } from './sentences.ts';

/** What the schema can't see of the tools that a workflow itself uses. */
export function checkActs(document: WorkflowDocument, report: Report): void {
  for (const [name, stage] of Object.entries(document.stages)) {
    if (stage.kind === 'act') checkStage(document, ['stages', name], stage, report);
    if (stage.kind === 'end') checkWebhooks(document, ['stages', name, 'webhooks'], stage.webhooks, report);
  }
  for (const [name, { compensate, parameters }] of Object.entries(document.tools)) {
    if (compensate === undefined) continue;
    const known = Object.keys(parameters);
    checkStep(document, ['tools', name, 'compensate'], compensate, known, report);
  }
}

/** Nobody waits for the answer, and slots are those of the call no more: the tool has its parameters alone. */
function checkWebhooks(
  document: WorkflowDocument,
  path: Path,
  webhooks: readonly ActStep[],
  report: Report,
): void {
  for (const [index, step] of webhooks.entries()) {
    checkStep(document, [...path, index], step, [], report);
    const spec: ToolSpec | undefined = document.tools[step.tool];
    if (spec === undefined) continue;
    const { http, webhook } = spec;
    const isTold = http !== undefined ? http.method !== 'GET' : webhook !== undefined;
    if (!isTold)
      report([...path, index, 'tool'], `${step.tool} tells nobody; take a webhook, or http that is no GET`);
    const texts = JSON.stringify([http?.url ?? '', http?.body ?? '', webhook?.body ?? '']);
    const slots = placeholdersOf(texts).filter(name => !Object.hasOwn(spec.parameters, name));
    for (const slot of slots)
      report([...path, index, 'tool'], `${step.tool} sends {${slot}}; make it a parameter of the tool`);
  }
}

function checkStage(document: WorkflowDocument, path: Path, stage: ActStage, report: Report): void {
  for (const way of ['failed', 'unknown'] as const) {
    const to = stage[way];
    if (to !== undefined) needStage(document, [...path, way], to, report);
  }
  if (stage.filler !== undefined) checkSentences(document, [...path, 'filler'], [stage.filler], [], report);
  for (const [index, step] of stepsOf(stage).entries()) {
    const at = stage.steps === undefined ? path : [...path, 'steps', index];
    checkStep(document, at, step, [], report);
  }
}

/** @param known names that may stand in the arguments beside those of slots */
function checkStep(
  document: WorkflowDocument,
  path: Path,
  { tool, args }: ActStep,
  known: readonly string[],
  report: Report,
): void {
  const spec: ToolSpec | undefined = Object.hasOwn(document.tools, tool) ? document.tools[tool] : undefined;
  if (spec === undefined) {
    report([...path, 'tool'], `there is no tool ${tool}; add it under tools`);
    return;
  }
  for (const [name, value] of Object.entries(args)) {
    const at = [...path, 'args', name];
    const parameter: ToolParameter | undefined = Object.hasOwn(spec.parameters, name)
      ? spec.parameters[name]
      : undefined;
    const names = typeof value === 'string' ? placeholdersOf(value) : [];
    if (parameter === undefined) report(at, `${tool} has no parameter ${name}; remove it or add it there`);
    else if (names.length === 0 && !takes(parameter, value))
      report(at, `is not what ${name} of ${tool} takes`);
    for (const slot of names) {
      if (!known.includes(slot)) needKnown(document, at, slot, report);
    }
  }
  for (const [name, { optional }] of Object.entries(spec.parameters)) {
    if (!optional && !Object.hasOwn(args, name)) report([...path, 'args'], `${tool} needs ${name}; add it`);
  }
}
