import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { FlowEffect, FlowState, FlowStep, SlotState } from '../types.ts';
import type { FlowInput } from './inputs.ts';
import { CARDS, digestOf, masked } from './masked.ts';

const text = z.string();
const digest = z.string().regex(/^[0-9a-f]{24}$/);
const dated = { todayIso: z.iso.date() };
const words = z.array(text).readonly();
const slotValue = z.union([text, z.number(), z.boolean()]);
const slotState = z.object({ value: slotValue, confirmed: z.boolean() }).readonly();
const state = z.object({
  workflow: text,
  version: text,
  stage: text,
  slots: z.record(text, slotState),
  memory: z.record(text, z.unknown()),
  done: z.boolean(),
});
const speech = z.object({
  type: z.literal('speech'),
  text,
  confidence: z.number(),
  alternatives: words,
});
const heard = z.discriminatedUnion('type', [
  speech,
  z.object({ type: z.literal('keys'), digits: text }),
  z.object({ type: z.literal('silence') }),
  z.object({
    type: z.literal('person'),
    became: z.enum(['joined', 'left', 'taken', 'busy', 'declined', 'noAnswer', 'failed']),
  }),
  z.object({
    type: z.literal('acted'),
    id: text,
    outcome: z.enum(['done', 'failed', 'unknown']),
    saves: z.record(text, z.unknown()),
  }),
  z.object({
    type: z.literal('start'),
    given: z.record(text, slotValue).exactOptional(),
    earlier: z.object({ state, minutesAgo: z.number() }).exactOptional(),
  }),
]);
const turn = z.discriminatedUnion('by', [
  z.object({ by: z.literal('caller'), text }),
  z.object({ by: z.literal('agent'), text }),
  z.object({ by: z.literal('tool'), id: text, tool: text, argumentsJson: text, text }),
]);
const count = z.number().int().min(0);
const recalled = z.object({
  kept: count,
  turns: z.array(turn).readonly().exactOptional(),
  summary: text.exactOptional(),
  from: count,
  summarised: count,
  forgotten: count,
  budgetTokens: count,
});
const call = z.object({ id: text, name: text, argumentsJson: text });
const input: z.ZodType<FlowInput> = z.discriminatedUnion('op', [
  z.object({ op: z.literal('heard'), heard, ...dated }),
  z.object({
    op: z.literal('noted'),
    heard: speech,
    answer: z.object({ text, calls: z.array(call).readonly() }),
    ...dated,
  }),
  z.object({
    op: z.literal('closed'),
    heard: text,
    said: words,
    isFault: z.boolean(),
    recalled: z.array(recalled).readonly(),
    form: digest.exactOptional(),
  }),
  z.object({ op: z.literal('turn'), turn, recalled }),
  z.object({
    op: z.literal('told'),
    exchange: z.object({
      id: text,
      tool: text,
      argumentsJson: text,
      text,
      signature: text,
      key: text,
      isUnknown: z.boolean(),
      saves: z.record(text, z.unknown()),
    }),
    ...dated,
  }),
  z.object({ op: z.literal('left'), way: text.exactOptional(), ...dated }),
  z.object({ op: z.literal('state'), state }),
]);

const cameOf = z.object({
  /** Of the state. */
  digest,
  workflow: text,
  version: text,
  stage: text,
  done: z.boolean(),
  /** What the workflow wanted to be said; what was heard of it is in the transcript. */
  say: words,
  /** Those that are others than before; null where there is none any more. */
  slots: z.record(text, slotState.nullable()),
  /** Tools that it wants to be used, by their ids, and whom it wants to be called. */
  act: text.nullable(),
  person: text.nullable(),
  effects: z.array(text).readonly(),
});

/** What a step came to, as far as it is compared. */
export type CameOf = z.infer<typeof cameOf>;

const begun = z.object({
  kind: z.literal('begun'),
  workflow: text,
  /** By workflow: of all that the call may come to. */
  versions: z.record(text, text),
  /** What the flows were made with. */
  recordingConsent: z.enum(['ask', 'announce', 'never']),
  /** Whether people can be called, and tools used. */
  hasPhone: z.boolean(),
  hasActs: z.boolean(),
});
const stepped = z.object({
  kind: z.literal('step'),
  /** The state that it began in. */
  from: digest,
  /** Null where they were too long to be kept. */
  inputs: z.array(input).readonly().nullable(),
  cameOf,
});
/** Of a call with more steps than are written down. */
const full = z.object({ kind: z.literal('full') });

const entry = z.discriminatedUnion('kind', [begun, stepped, full]);

export type HistoryBegun = z.infer<typeof begun>;
export type HistoryStep = z.infer<typeof stepped>;
export type HistoryEntry = z.infer<typeof entry>;
export const historyEntry: z.ZodType<HistoryEntry> = entry;

/** Raw DEFLATE (RFC 1951) of its JSON in base64; undefined where it is too long to be kept. */
export function packEntry(one: HistoryEntry): string | undefined {
  const json = JSON.stringify(one);
  if (json.length > LIMITS.historyStepBytes / 4) return undefined;
  const packed = deflateRawSync(json);
  return packed.length > LIMITS.historyPartBytes ? undefined : packed.toString('base64');
}

/** @throws whatever is wrong with it */
export function unpackEntry(part: string): HistoryEntry {
  const json = inflateRawSync(Buffer.from(part, 'base64'), { maxOutputLength: LIMITS.historyStepBytes });
  return entry.parse(JSON.parse(json.toString()));
}

/** What is written down, and compared, of where a flow came to. */
export function describeOutcome(
  { slots: before }: FlowState,
  { state: after, step, effects }: Parameters<typeof describeEffects>[0],
): CameOf {
  const { workflow, version, stage, done } = after;
  return masked(
    {
      digest: digestOf(after),
      workflow,
      version,
      stage,
      done,
      say: step?.say ?? [],
      slots: changedSlots(before, after.slots),
      act: step?.act?.id ?? null,
      person: step?.person?.person ?? null,
      effects: describeEffects({ state: after, step, effects }),
    },
    CARDS,
  );
}

/** A name for each, with a digest of the whole. */
function describeEffects({
  effects,
}: {
  readonly state: FlowState;
  readonly step: FlowStep | undefined;
  readonly effects: readonly FlowEffect[];
}): readonly string[] {
  return effects.map(effect => `${effect.type} ${digestOf(effect).slice(0, 8)}`);
}

function changedSlots(
  before: FlowState['slots'],
  after: FlowState['slots'],
): Record<string, SlotState | null> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...names].flatMap(name => {
    const [was, is] = [before[name], after[name]];
    if (was?.value === is?.value && was?.confirmed === is?.confirmed) return [];
    return [[name, is === undefined ? null : { value: is.value, confirmed: is.confirmed }] as const];
  });
  return Object.fromEntries(changed);
}
