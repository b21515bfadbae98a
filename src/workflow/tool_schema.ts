import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
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

const secretFile = z.string().min(1).max(400);
/** Plain text, or a secret by the name of where it lies. */
const header = z.union(
  [
    z
      .string()
      .max(500)
      .regex(/^[\x20-\x7e]*$/, 'printable ASCII only'),
    z.strictObject({
      secretEnv: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
      prefix: z.string().max(40).default(''),
    }),
    z.strictObject({ secretFile, prefix: z.string().max(40).default('') }),
  ],
  { error: 'printable ASCII, or {secretEnv: NAME} or {secretFile: PATH} with or without a prefix' },
);

const http = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  /** `{parameter}` and `{slot}` may stand in path and query, where they are encoded. */
  url: z.string().min(1).max(1000),
  headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'a header name'), header).default({}),
  /** JSON with `{parameter}` and `{slot}` in its texts; the parameters as an object by default. */
  body: z.record(z.string().max(100), z.json()).optional(),
  /** Lets it be http to another machine: what is sent can be read on its way. */
  insecure: z.boolean().default(false),
});

/** What a tool is given, by parameter: a value, or a text with `{slot}` in it; `{slot}` alone is the slot's value itself. */
export const actArguments = z
  .record(name, value)
  .refine(args => Object.keys(args).length <= 16, 'at most sixteen');

/** What a model may call in a stage of kind talk, and the workflow in one of kind act. */
const tool = z.strictObject({
  /** For the model: what it does, and when it is to be called. */
  description: z.string().min(1).max(1000),
  parameters: z
    .record(name, parameter)
    .refine(parameters => Object.keys(parameters).length <= 16, 'at most sixteen parameters')
    .default({}),
  http,
  /** For one try. */
  timeoutMs: z.number().int().min(100).max(LIMITS.toolTimeoutMs).default(5000),
  /** Further tries after one that failed for now. */
  retries: z.number().int().min(0).max(5).default(0),
  /** Called twice it does no more than called once. By default so where the method is GET. */
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

export const tools = z
  .record(name, tool)
  .refine(all => Object.keys(all).length <= LIMITS.workflowTools, `at most ${LIMITS.workflowTools} tools`)
  .default({});

export type ToolSpec = z.infer<typeof tool>;
export type ToolParameter = z.infer<typeof parameter>;
/** A parameter, or what is in a list. */
export type ToolProperty = ToolParameter | z.infer<typeof list>['items'];
