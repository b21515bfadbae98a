import { z } from 'zod';

/** Names of slots, facts, lists, tables and outcomes. */
const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and _ only, a letter first');
const value = z.union([z.string().max(400), z.number(), z.boolean()]);
const words = z.string().min(1).max(300);

export interface Condition {
  readonly slot?: string | undefined;
  readonly is?: string | number | boolean | undefined;
  readonly isNot?: string | number | boolean | undefined;
  readonly in?: readonly (string | number | boolean)[] | undefined;
  readonly known?: boolean | undefined;
  readonly above?: number | undefined;
  readonly below?: number | undefined;
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
  readonly all?: readonly Condition[] | undefined;
  readonly any?: readonly Condition[] | undefined;
}

/** As in workflows: tests of a truth or fact, or several of them. */
const condition: z.ZodType<Condition> = z.lazy(() =>
  z.strictObject({
    slot: name.optional(),
    is: value.optional(),
    isNot: value.optional(),
    in: z.array(value).min(1).optional(),
    known: z.boolean().optional(),
    above: z.number().optional(),
    below: z.number().optional(),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
    all: z.array(condition).min(1).optional(),
    any: z.array(condition).min(1).optional(),
  }),
);

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM');
const range = z.tuple([z.number(), z.number()]);

/** How one value is drawn; exactly one of the keys below says so. `when` belongs to `cases`. */
const plainGenerator = z.strictObject({
  value: value.optional(),
  pick: z.array(value).min(1).optional(),
  /** As many as `pick` has. */
  weights: z.array(z.number().min(0)).min(1).optional(),
  chance: z.number().min(0).max(1).optional(),
  integer: range.optional(),
  /** Of `integer`, and minutes of `time`. */
  step: z.number().int().min(1).optional(),
  /** Days from the day of the call; below zero it is past. */
  days: range.optional(),
  time: z.tuple([clock, clock]).optional(),
  /** A list of this file or of `phrasings/lists.yaml`. */
  list: name.optional(),
  /** A row of a table of this file: all truths that name the same table get the same row. */
  row: z.strictObject({ table: name, column: name }).optional(),
  /** Text with `{truth}`, `{fact}` or `{list}` in it; `{list}` is drawn anew. */
  template: words.optional(),
  /** Letters (A), digits (9) and anything else as it is. */
  pattern: z.string().min(1).max(40).optional(),
  /** The value of another one, mapped where `map` has it. */
  of: name.optional(),
  map: z.record(z.string(), value).optional(),
  /** Several of these values, as `choices` stores them. */
  some: z.array(name).min(1).optional(),
  most: z.number().int().min(1).optional(),
  /** The caller does not know. */
  unknown: z.literal(true).optional(),
  /** Drawn by the kind of the slot, as without a generator. */
  byKind: z.literal(true).optional(),
});

export type PlainGenerator = z.infer<typeof plainGenerator>;

const generator = z.union([
  plainGenerator,
  z.strictObject({
    /** The first case that holds; the last one has no `when`. */
    cases: z.array(plainGenerator.extend({ when: condition.optional() })).min(1),
  }),
]);

export type Generator = z.infer<typeof generator>;

const outcomes = z.array(name).min(1);
const phrases = z.array(words).min(1);

export const AIMS = ['goal', 'optOut', 'person', 'hangUp', 'silent'] as const;

const check = z
  .strictObject({
    /** One of these must be in the agent's first turn. */
    disclosure: phrases.default(['automated', 'virtual assistant', 'not a person']),
    /** Must have been said when `beforeSlot` is first asked for, or else by the end of calls with such an outcome. */
    mustSay: z
      .array(
        z.strictObject({
          phrases,
          beforeSlot: name.optional(),
          outcome: outcomes.optional(),
          when: condition.optional(),
        }),
      )
      .default([]),
    neverSay: z.array(words).default([]),
    amounts: z
      .strictObject({
        /** Slots and facts that hold cents: those amounts may be said. */
        of: z.array(name).default([]),
        /** Further amounts in cents that belong to the workflow's own words. */
        cents: z.array(z.number().int()).default([]),
      })
      .default({ of: [], cents: [] }),
    /** Truths and facts whose digits the agent must never say. */
    neverRepeat: z.array(name).default([]),
    /** Rows of the back office that a call must leave behind exactly once (`demo/back_office`). */
    leaves: z
      .array(
        z.strictObject({
          resource: name,
          /** Columns by slot, truth or fact, or as `=text` says. */
          match: z.record(name, z.union([name, z.string().regex(/^=./)])),
          outcome: outcomes.optional(),
          when: condition.optional(),
          /** How many; 0: none may be there. */
          count: z.number().int().min(0).default(1),
        }),
      )
      .default([]),
  })
  .prefault({});

export const scenarioSchema = z.strictObject({
  workflow: name,
  about: z.string().min(1).max(200),
  /** Truths that the agent's side knows before the call, as `given` of its start. */
  given: z.array(name).default([]),
  /** The day of all calls; the same for all machines. */
  today: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .default('2026-11-23'),
  lists: z.record(name, z.array(z.union([z.string(), z.number()])).min(1)).default({}),
  tables: z.record(name, z.array(z.record(name, value)).min(1)).default({}),
  facts: z.record(name, generator).default({}),
  truths: z.record(name, generator).default({}),
  /** What callers say to a question that is open to anything, such as how they can be helped. */
  opening: z.array(words).default([]),
  /** How callers say the values of a choice, several choices or a yes-or-no slot, beside the general phrasings. */
  says: z.record(name, z.record(z.string(), phrases)).default({}),
  /** What callers of this business ask, object or remark; beside `phrasings/asides.yaml`. */
  asides: z
    .strictObject({
      questions: z.array(words).default([]),
      objections: z.array(words).default([]),
      remarks: z.array(words).default([]),
    })
    .prefault({}),
  /** Outcomes that are a success for a caller who wants what the agent is there for; the first that holds. */
  goals: z.array(z.strictObject({ when: condition.optional(), outcome: outcomes })).min(1),
  /** Outcomes for callers who want something else; as the workflow's exits say where left out. */
  outcomes: z.partialRecord(z.enum(AIMS), outcomes).default({}),
  /** Personas whose calls may end otherwise, or are not held at all. */
  personas: z
    .record(name, z.strictObject({ outcome: outcomes.optional(), skip: z.boolean().default(false) }))
    .default({}),
  /** How likely a person who is called answers. */
  personAnswers: z.number().min(0).max(1).default(0.7),
  /** Slots that must be filled when a goal is reached. */
  required: z.array(z.union([name, z.strictObject({ slot: name, when: condition })])).default([]),
  check,
});

export type Scenario = z.infer<typeof scenarioSchema>;
