import { placeholdersOf } from '../speak/template.ts';
import type { StageSpec } from '../stage_schema.ts';
import type { Heard, SlotState } from '../types.ts';
import type { ActEnd } from './act.ts';
import { tellAct } from './act.ts';
import { ask } from './ask.ts';
import { type Draft, knownOf, render, setSlot, stageOf } from './draft.ts';
import { type Memory, memorySchema } from './memory.ts';

type Earlier = NonNullable<Memory['earlier']>;

/** Stages that one can go on with. */
const GOES_ON: ReadonlySet<StageSpec['kind']> = new Set(['form', 'quote', 'talk', 'act']);

/** Keeps of a call that broke off what can be gone on with: slots that still fit, and where it had got to. */
export function noteEarlier(draft: Draft, start: Extract<Heard, { type: 'start' }>): void {
  const { document, version } = draft.program;
  const { resume } = document;
  const { state, minutesAgo } = start.earlier ?? {};
  if (resume === undefined || state === undefined || !((minutesAgo ?? 0) <= resume.withinMinutes)) return;
  const memory = memorySchema.safeParse(state.memory);
  const stage = Object.hasOwn(document.stages, state.stage) ? document.stages[state.stage] : undefined;
  if (state.done || state.workflow !== document.name || !memory.success) return;
  const fitting = Object.entries(state.slots).filter(([name, { value }]) =>
    draft.program.slots.get(name)?.accepts(value, draft.todayIso),
  );
  // What this call was given as well is no secret to it.
  const { given } = draft.memory;
  const isPrivate = (name: string): boolean =>
    document.slots[name]?.sensitive === true && given[name] !== state.slots[name]?.value;
  const identify = resume.confirm?.slots.find(name => fitting.some(([one]) => one === name));
  const needsProof = fitting.some(([name]) => isPrivate(name));
  // Whoever calls by a number need not be who gave what is sensitive.
  const slots = identify === undefined ? fitting.filter(([name]) => !isPrivate(name)) : fitting;
  const { acts, pending, actsDone, isUndoUnsure, trail, implied, doubtful, topics, quote } = memory.data;
  const isWhole = state.version === version && slots.length === Object.keys(state.slots).length;
  // What tools have done is not to be done again, so that there is no going back behind them.
  const isAt = stage !== undefined && GOES_ON.has(stage.kind) && (isWhole || acts > 0);
  const isUnproven = needsProof && identify === undefined;
  if (slots.length === 0 || (acts > 0 && (!isAt || isUnproven))) return;
  draft.memory.earlier = {
    ...(isAt && { stage: state.stage }),
    ...(stage?.about !== undefined && { about: stage.about }),
    ...(needsProof && identify !== undefined && { identify }),
    slots: Object.fromEntries(slots.map(([name, { value, confirmed }]) => [name, { value, confirmed }])),
    trail: trail.filter(name => Object.hasOwn(document.stages, name)),
    implied: implied.filter(name => draft.program.slots.has(name)),
    doubtful: doubtful.filter(name => draft.program.slots.has(name)),
    topics,
    acts,
    ...(quote !== undefined && !isUnproven && { quote }),
    ...(pending.ask === 'act' && stage?.kind === 'act' && { act: { pending, actsDone, isUndoUnsure } }),
  };
}

/** Whether there is something to go on with, and this is where callers are asked whether they want to. */
export function isResumedAt({ memory }: Draft, stage: StageSpec): boolean {
  return memory.earlier !== undefined && GOES_ON.has(stage.kind);
}

/** Tells what is known of the earlier call, and asks whether to go on with it. */
export function askResume(draft: Draft): void {
  const { earlier } = draft.memory;
  const { resume } = draft.program.document;
  if (earlier === undefined || resume === undefined) return;
  const then: Draft = { ...draft, slots: { ...draft.slots, ...earlier.slots } };
  const about = earlier.about;
  const known = resume.say.filter(sentence =>
    placeholdersOf(sentence).every(name => (name === 'about' ? about !== undefined : isKnown(then, name))),
  );
  draft.say.push(...known.map(sentence => render(then, sentence, about === undefined ? {} : { about })));
  ask(draft, { ask: 'resume' }, [render(then, resume.ask)]);
}

function isKnown(draft: Draft, name: string): boolean {
  return knownOf(draft)(name) !== undefined || Object.hasOwn(draft.program.document.texts, name);
}

/** Takes up what the earlier call knew. Returns the stage to go on with, and what the act of it came to that was under way. */
export function takeUp(draft: Draft): {
  readonly stage: string | undefined;
  readonly end?: ActEnd | undefined;
} {
  const earlier = forget(draft);
  if (earlier === undefined) return { stage: undefined };
  for (const [name, { value, confirmed }] of Object.entries(earlier.slots) as [string, SlotState][])
    setSlot(draft, name, value, confirmed);
  const { memory } = draft;
  memory.trail = earlier.trail;
  memory.implied = earlier.implied;
  memory.doubtful = earlier.doubtful;
  memory.topics = earlier.topics;
  memory.acts += earlier.acts;
  if (earlier.quote !== undefined) memory.quote = earlier.quote;
  const { stage, act } = earlier;
  if (stage === undefined || act === undefined) return { stage };
  draft.stage = stage;
  const spec = stageOf(draft);
  if (spec.kind !== 'act') return { stage };
  Object.assign(memory, act);
  // Nobody has told what came of it.
  return { stage, end: tellAct(draft, spec, 'unknown', {}) };
}

/** The caller begins anew, or what was known is taken up. */
export function forget(draft: Draft): Earlier | undefined {
  const { earlier, ...memory } = draft.memory;
  draft.memory = memory;
  return earlier;
}
