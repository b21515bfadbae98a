import { stepsOf } from '../act_steps.ts';
import { placeholdersOf, withValues } from '../speak/template.ts';
import type { ActStage, ActStep } from '../stage_schema.ts';
import type { ToolArguments } from '../tools.ts';
import type { ActCall, ActOutcome } from '../types.ts';
import { type Draft, knownOf, render } from './draft.ts';
import { saveAnswers } from './saves.ts';

/** How a stage that uses tools came out, over all its steps. */
export type ActEnd = ActOutcome;

/** Wants the first step done. */
export function beginAct(draft: Draft, stage: ActStage): ActEnd | undefined {
  draft.memory.actsDone = [];
  draft.memory.isUndoUnsure = false;
  return nextStep(draft, stage);
}

/** What came of the tool that was wanted; then the next one is, or, after a failure, what undoes those before. */
export function tellAct(
  draft: Draft,
  stage: ActStage,
  outcome: ActOutcome,
  saves: Readonly<Record<string, unknown>>,
): ActEnd | undefined {
  const { memory } = draft;
  const { pending } = memory;
  if (pending.ask !== 'act') return undefined;
  const { tool, args, isUndoing } = pending;
  draft.effects.push({ type: 'acted', tool, outcome });
  if (isUndoing) {
    memory.isUndoUnsure ||= outcome !== 'done';
    return undo(draft, stage);
  }
  if (outcome === 'done') {
    saveAnswers(draft, tool, saves);
    memory.actsDone = [...memory.actsDone, { tool, args }];
    return nextStep(draft, stage);
  }
  if (outcome === 'unknown') {
    // Where the workflow has words for it all stays as it is: what was done and what may have been belong together.
    if (stage.unknown !== undefined) return 'unknown';
    memory.actsDone = [...memory.actsDone, { tool, args }];
  }
  return undo(draft, stage);
}

/** The act that is under way, once more. */
export function actOf(draft: Draft, stage: ActStage): ActCall | undefined {
  const { pending } = draft.memory;
  if (pending.ask !== 'act') return undefined;
  const { id, tool, args } = pending;
  const filler = stage.filler ?? draft.program.tools.get(tool)?.spec.filler;
  return { id, tool, args, ...(filler !== undefined && { filler: render(draft, filler) }) };
}

function nextStep(draft: Draft, stage: ActStage): ActEnd | undefined {
  const step = stepsOf(stage)[draft.memory.actsDone.length];
  if (step === undefined) return 'done';
  const args = argumentsOf(draft, step, {});
  // What the tool would refuse is not sent.
  if (args === undefined) return undo(draft, stage);
  want(draft, stage, step.tool, args, false);
  return undefined;
}

/** The last step that was done and can be undone. */
function undo(draft: Draft, stage: ActStage): ActEnd | undefined {
  const { memory, program } = draft;
  for (;;) {
    const last = memory.actsDone.at(-1);
    if (last === undefined) return memory.isUndoUnsure ? 'unknown' : 'failed';
    memory.actsDone = memory.actsDone.slice(0, -1);
    const step = program.tools.get(last.tool)?.spec.compensate;
    const args = step === undefined ? undefined : argumentsOf(draft, step, last.args);
    if (step !== undefined && args !== undefined) {
      want(draft, stage, step.tool, args, true);
      return undefined;
    }
    memory.isUndoUnsure ||= step !== undefined;
  }
}

function want(draft: Draft, stage: ActStage, tool: string, args: ToolArguments, isUndoing: boolean): void {
  const { memory, program } = draft;
  memory.acts += 1;
  const id = `${program.document.name}.${draft.stage}.${memory.acts}`;
  const given = Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, typeof value === 'object' ? [...value] : value]),
  );
  memory.pending = { ask: 'act', id, tool, args: given, isUndoing };
  memory.asked = [];
  memory.misses = 0;
  draft.act = actOf(draft, stage);
}

/** Others are told by these tools; what lacks something that its tool needs is told to nobody. */
export function tellOthers(draft: Draft, webhooks: readonly ActStep[]): void {
  const workflow = draft.program.document.name;
  for (const [index, step] of webhooks.entries()) {
    const args = argumentsOf(draft, step, {});
    const id = `${workflow}.${draft.stage}.${index}`;
    if (args !== undefined) draft.effects.push({ type: 'webhook', id, workflow, tool: step.tool, args });
  }
}

/** What a tool is given; undefined where something is missing or is not what it takes. */
function argumentsOf(
  draft: Draft,
  { tool, args }: ActStep,
  undone: ToolArguments,
): ToolArguments | undefined {
  const made = draft.program.tools.get(tool);
  if (made === undefined) return undefined;
  const known = (name: string): ToolArguments[string] | undefined =>
    Object.hasOwn(undone, name) ? undone[name] : knownOf(draft)(name);
  const given = Object.entries(args).flatMap(([name, value]) => {
    const filled = typeof value === 'string' ? filledIn(value, known) : value;
    if (filled === undefined) return [];
    const isText = made.spec.parameters[name]?.type === 'string' && typeof filled !== 'object';
    return [[name, isText ? String(filled) : filled] as const];
  });
  const checked = made.check(JSON.stringify(Object.fromEntries(given)));
  return 'args' in checked ? checked.args : undefined;
}

/** `{slot}` alone is the value itself; a text about a slot without a value is left out. */
function filledIn(
  text: string,
  known: (name: string) => ToolArguments[string] | undefined,
): ToolArguments[string] | undefined {
  const names = placeholdersOf(text);
  if (names.some(name => known(name) === undefined)) return undefined;
  const [only] = names;
  if (only !== undefined && text === `{${only}}`) return known(only);
  return withValues(text, name => String(known(name)));
}
