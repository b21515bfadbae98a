import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { FILE_AUTHOR, VERSION_ACTIONS, VERSION_STATES } from '../workflow/versions/lifecycle.ts';
import { failureSchema } from './failures.ts';

export const failures = { '4xx': failureSchema, '5xx': failureSchema };

const number = z.number().int().min(1).max(1_000_000);
/** In paths and queries. */
const numeral = z.coerce.number().int().min(1).max(1_000_000);
const instant = z.iso.datetime();

export const workflowParams = z.object({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and _, a letter first'),
});
export const versionParams = workflowParams.extend({ version: numeral });
export const versionNameSchema = z.union([z.literal('live'), numeral]);

/** Keys have no users: who asks says so, and the history believes it. */
export const operatorHeaders = z.object({
  'trunkline-operator': z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._@+-]{0,63}$/, 'who asks, by name: letters, digits and . _ @ + - only')
    .refine(who => who.trim().toLowerCase() !== FILE_AUTHOR, `${FILE_AUTHOR} stands for the workflows folder`)
    .describe('Who asks for the change; written into the history'),
});

export const noteSchema = z.string().max(LIMITS.versionNoteCharacters).default('');

export const workflowStateSchema = z
  .object({
    workflow: z.string(),
    flowVersion: z.string().nullable().describe('What new calls begin with, as they record it'),
    version: number.nullable().describe('Its number; null where it has none yet'),
    byFile: z.boolean().describe('The file of the workflows folder leads: nobody has deployed a version'),
    canary: z
      .object({ version: number, flowVersion: z.string(), percent: number })
      .nullable()
      .describe('What some new calls begin with instead'),
  })
  .meta({ id: 'WorkflowState' });

export const spreadSchema = z
  .object({
    everywhere: z.boolean().describe('New calls of every process of this node begin with it'),
    failed: z
      .array(z.string())
      .readonly()
      .describe('Workflows that some process could not make what they should be'),
  })
  .meta({ id: 'Spread' });

export const versionSchema = z
  .object({
    version: number,
    state: z.enum(VERSION_STATES),
    author: z.string(),
    note: z.string(),
    createdAt: instant,
    sha256: z.string(),
    flowVersion: z.string().nullable().describe('As calls record it; null before the text was loaded'),
    canaryPercent: number.nullable().describe('Of new calls, while it is tried'),
    replaced: number.nullable().describe('What was live when it was deployed'),
    deployedBy: z.string().nullable(),
    gatePassed: z.boolean().nullable().describe('Null without a gate result'),
  })
  .meta({ id: 'Version' });

export const historyRowSchema = z
  .object({
    seq: z.number().int(),
    version: number,
    action: z.enum(VERSION_ACTIONS),
    from: z.enum(VERSION_STATES).nullable(),
    to: z.enum(VERSION_STATES),
    percent: number.nullable(),
    who: z.string(),
    note: z.string(),
    at: instant,
  })
  .meta({ id: 'VersionChange' });

export const filesSchema = z
  .record(z.string().max(400), z.string())
  .describe('Text by path below the workflows folder: NAME.yaml and all that it includes');

export const wholeVersionSchema = versionSchema
  .extend({ files: filesSchema, gate: z.unknown(), history: z.array(historyRowSchema).readonly() })
  .meta({ id: 'WholeVersion' });

export const changedSchema = z
  .object({ version: versionSchema, inForce: spreadSchema })
  .meta({ id: 'ChangedVersion' });

const some = z.number().int().min(1).max(1_000_000_000);

/**
 * Of one workflow, as `npm run gate` writes it with --json; further keys are kept as they are. Who says nothing of what was run,
 * or looked at nothing, proves nothing.
 */
const gateVerdict = z.looseObject({
  passed: z.boolean(),
  failed: z.array(z.string()).describe('Why it did not pass; empty where it did'),
  version: z.string().max(128).describe('The one that was judged, as calls record it'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Of the text that was judged'),
  engine: z
    .string()
    .regex(/^[0-9a-f]{7,40}\+?$/, 'the commit of the engine')
    .describe('Commit of the engine that ran it; a plus where its files differ'),
  ranBy: z.string().min(1).max(64),
  ranAt: instant,
  personas: some,
  seeds: some,
  conversations: some,
  summary: z.looseObject({
    counts: z.looseObject({ aimed: some, filled: some, required: some }).describe('What the shares are of'),
  }),
});

export const gateResultSchema = z.looseObject({ workflows: z.record(z.string().max(64), gateVerdict) });

export type GateResult = z.infer<typeof gateResultSchema>;
