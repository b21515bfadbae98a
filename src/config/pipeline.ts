import { z } from 'zod';

const decibels = (least: number, most: number) => z.number().min(least).max(most).optional();
const milliseconds = (least: number, most: number) => z.number().int().min(least).max(most).optional();
const probability = z.number().min(0.05).max(0.95).optional();
const enabled = z.boolean().optional();

/**
 * `pipeline` of trunkline.yaml, of a trunk and of a workflow: how a call's sound is treated, where it is not to be as
 * pipeline/policy.ts has it. What a trunk says goes before what the node says, and a workflow's word before both.
 */
export const pipelineSchema = z.strictObject({
  echo: z
    .strictObject({ enabled, tailMs: milliseconds(64, 256), suppress: z.boolean().optional() })
    .optional(),
  noise: z
    .strictObject({ kind: z.enum(['off', 'light', 'strong']).optional(), depthDb: decibels(3, 30) })
    .optional(),
  level: z.strictObject({ enabled, targetDb: decibels(-40, -12), mostGainDb: decibels(0, 24) }).optional(),
  voice: z
    .strictObject({
      model: z.enum(['v5', 'v6']).optional(),
      enter: probability,
      keep: probability,
      onsetMs: milliseconds(32, 320),
      hangoverMs: milliseconds(64, 640),
    })
    .optional(),
  bargeIn: z.strictObject({ duck: z.boolean().optional(), duckDb: decibels(6, 40) }).optional(),
  comfortNoise: z.strictObject({ enabled, levelDb: decibels(-90, -50) }).optional(),
  recogniserTap: z.enum(['beforeEcho', 'beforeNoise', 'beforeLevel', 'afterLevel']).optional(),
});

export type PipelineSettings = z.infer<typeof pipelineSchema>;
