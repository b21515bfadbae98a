import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { receivers } from './receiver_schema.ts';
import { name, spoken, value } from './schema_parts.ts';

const described = { description: z.string().min(1).max(300).optional() };
const characters = z.number().int().min(0).max(LIMITS.toolArgumentsCharacters);

const text = z.strictObject({
  ...described,
  type: z.literal('string'),
  enum: z.array(z.string().min(1).max(100)).min(1).max(64).optional(),
  minLength: characters.optional(),
  maxLength: characters.default(200),
});
const number = z.strictObject({
  ...described,
  type: z.enum(['integer', 'number']),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
const boolean = z.strictObject({ ...described, type: z.literal('boolean') });
const list = z.strictObject({
  ...described,
  type: z.literal('array'),
  items: z.discriminatedUnion('type', [text, number, boolean]),
  maxItems: z.number().int().min(1).max(64).default(16),
});

/** May be left out by the model. */
const optional = { optional: z.boolean().default(false) };
/** A property of a JSON Schema (https://json-schema.org/draft/2020-12), as far as models fill it in without mistakes. */
const parameter = z.discriminatedUnion('type', [
  text.extend(optional),
  number.extend(optional),
  boolean.extend(optional),
  list.extend(optional),
]);

/** RFC 6901; an empty one is the whole document. */
const pointer = z
  .string()
  .max(200)
  .regex(/^(\/([^~/]|~[01])*)*$/, 'a JSON pointer such as /order/status');

/** What a tool is given, by parameter: a value, or a text with `{slot}` in it; `{slot}` alone is the slot's value itself. */
export const actArguments = z
  .record(name, value)
  .refine(args => Object.keys(args).length <= 16, 'at most sixteen');

/** What a model may call in a stage of kind talk, and the workflow in one of kind act. */
const parts = z.strictObject({
  /** For the model: what it does, and when it is to be called. */
  description: z.string().min(1).max(1000),
  parameters: z
    .record(name, parameter)
    .refine(parameters => Object.keys(parameters).length <= 16, 'at most sixteen parameters')
    .default({}),
  ...receivers,
  /** For one try. */
  timeoutMs: z.number().int().min(100).max(LIMITS.toolTimeoutMs).default(5000),
  /** Further tries after one that failed for now. */
  retries: z.number().int().min(0).max(5).default(0),
  /** Called twice it does no more than called once. By default so where the method is GET, or the operation is one that reads. */
  idempotent: z.boolean().optional(),
  /** Whoever is called does nothing twice for the same Idempotency-Key. */
  keyed: z.boolean().default(false),
  /** What happens to it when the caller interrupts. By default it is cancelled where it is idempotent, and else kept. */
  onInterrupt: z.enum(['cancel', 'keep']).optional(),
  /** Said when it takes long; the stage's by default. */
  filler: spoken.optional(),
  /** What of the answer the model sees. */
  result: z
    .strictObject({
      fields: z.record(name, pointer).optional(),
      characters: z.number().int().min(20).max(LIMITS.toolResultCharacters).default(2000),
    })
    .prefault({}),
  /** Slots that get a value of the answer, where the slot takes it. */
  saves: z.record(name, pointer).default({}),
  /** What undoes it where it is one of several steps; its args may name the parameters of this tool. */
  compensate: z.strictObject({ tool: name, args: actArguments.default({}) }).exactOptional(),
});
const tool = parts.refine(
  ({ http, webhook, adapter, internal }) =>
    [http, webhook, adapter, internal].filter(receiver => receiver !== undefined).length === 1,
  'exactly one of http, webhook, adapter and internal is needed',
);

export const tools = z
  .record(name, tool)
  .refine(all => Object.keys(all).length <= LIMITS.workflowTools, `at most ${LIMITS.workflowTools} tools`)
  .default({});

export type ToolSpec = z.infer<typeof tool>;
export type ToolParameter = z.infer<typeof parameter>;
/** A parameter, or what is in a list. */
export type ToolProperty = ToolParameter | z.infer<typeof list>['items'];
