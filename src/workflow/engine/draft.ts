import { TrunklineError } from '../../config/errors.ts';
import { cardinal } from '../../spoken/numbers.ts';
import type { Known } from '../condition.ts';
import type { Slot } from '../kinds/kind.ts';
import type { Places } from '../places.ts';
import type { WorkflowDocument } from '../schema.ts';
import { fillIn, withValues } from '../speak/template.ts';
import type { FormStage, StageSpec } from '../stage_schema.ts';
import { textFor } from '../text_schema.ts';
import type { Tool } from '../tools.ts';
import type { ActCall, FlowEffect, FlowState, HandOff, PersonCall, SlotState, SlotValue } from '../types.ts';
import type { TopicFinder } from '../understand/topics.ts';
import { openMemory } from './kept_memory.ts';
import type { Memory } from './memory.ts';
import { knownIn } from './score.ts';

export type RecordingConsent = 'ask' | 'announce' | 'never';

/** A workflow with everything that it refers to, ready to run. */
export interface Program {
  readonly document: WorkflowDocument;
  readonly version: string;
  readonly slots: ReadonlyMap<string, Slot>;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly topics: TopicFinder;
  readonly places: Places;
  readonly recordingConsent: RecordingConsent;
}

/** One step in the making: what is written here becomes the next state, and nothing else changes. */
export interface Draft {
  readonly program: Program;
  readonly todayIso: string;
  stage: string;
  readonly slots: Record<string, SlotState>;
  memory: Memory;
  readonly say: string[];
  readonly effects: FlowEffect[];
  interruptible: boolean;
  done: boolean;
  handOff: HandOff | undefined;
  person: PersonCall | undefined;
  act: ActCall | undefined;
}

/** @throws TrunklineError WORKFLOW_INVALID when the state is none of this workflow */
export function openDraft(program: Program, state: FlowState, todayIso: string): Draft {
  const { name } = program.document;
  const memory = openMemory(state.memory);
  if (memory === undefined || state.workflow !== name || program.document.stages[state.stage] === undefined) {
    throw new TrunklineError('WORKFLOW_INVALID', `the state is not one of workflow ${name}`);
  }
  return {
    program,
    todayIso,
    stage: state.stage,
    slots: { ...state.slots },
    memory,
    say: [],
    effects: [],
    interruptible: true,
    done: state.done,
    handOff: undefined,
    person: undefined,
    act: undefined,
  };
}

export function stageOf(draft: Draft): StageSpec {
  return entry(draft.program.document.stages, draft.stage);
}

/** Whether that stage is a form in which a model understands the caller and words the questions. */
export function isLedByModel({ document }: Program, name: string): boolean {
  const stage = entry(document.stages, name);
  return stage.kind === 'form' && (stage.lead ?? document.lead) === 'model';
}

/** The form that is being filled in. */
export function formOf(draft: Draft): FormStage {
  const stage = stageOf(draft);
  if (stage.kind !== 'form') throw new TrunklineError('WORKFLOW_INVALID', `stage ${draft.stage} is no form`);
  return stage;
}

export function slotNamed(draft: Draft, name: string): Slot {
  const slot = draft.program.slots.get(name);
  if (slot === undefined) throw new TrunklineError('WORKFLOW_INVALID', `there is no slot ${name}`);
  return slot;
}

/** Slots and scores by name. */
export function knownOf(draft: Draft): Known {
  return knownIn(draft.program.document, name => draft.slots[name]?.value);
}

export function valuesOf(draft: Draft): Readonly<Record<string, SlotValue>> {
  return Object.fromEntries(Object.entries(draft.slots).map(([name, { value }]) => [name, value]));
}

export function setSlot(draft: Draft, name: string, value: SlotValue, confirmed: boolean): void {
  const before = draft.slots[name];
  if (before?.value === value && before.confirmed === confirmed) return;
  draft.slots[name] = { value, confirmed };
  const { sensitive } = slotNamed(draft, name).spec;
  draft.effects.push({ type: 'slotSet', slot: name, value, confirmed, sensitive });
}

export function clearSlot(draft: Draft, name: string): void {
  delete draft.slots[name];
  for (const list of ['doubtful', 'implied', 'spelled'] as const) {
    draft.memory[list] = draft.memory[list].filter(slot => slot !== name);
  }
}

/** A sentence of the workflow with the slots' values in words. */
export function render(draft: Draft, sentence: string, more: Readonly<Record<string, string>> = {}): string {
  return fillIn(sentence, name => more[name] ?? sayText(draft, name) ?? sayValue(draft, name));
}

/** One of the workflow's texts, as it is said where its slot has its value. */
function sayText(draft: Draft, name: string): string | undefined {
  const { texts } = draft.program.document;
  const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
  if (text === undefined) return undefined;
  const value = text.slot === undefined ? undefined : draft.slots[text.slot]?.value;
  return withValues(textFor(text, value), slot => sayValue(draft, slot));
}

function sayValue(draft: Draft, name: string): string {
  const value = draft.slots[name]?.value;
  if (value !== undefined) return slotNamed(draft, name).say(value);
  const score = knownOf(draft)(name);
  return score === undefined ? '' : signed(Number(score));
}

function signed(points: number): string {
  return points < 0 ? `minus ${cardinal(-points)}` : cardinal(points);
}

function entry<T>(record: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(record, name) ? record[name] : undefined;
  if (found === undefined) throw new TrunklineError('WORKFLOW_INVALID', `there is no ${name}`);
  return found;
}
