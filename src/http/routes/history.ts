import { z } from 'zod';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { StepView } from '../../store/history_rows.ts';
import { unpackEntry } from '../../workflow/replay/history.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';
import { callIdSchema } from '../schemas.ts';

const stepSchema = z.object({
  at: z.string().describe('Wall clock, UTC'),
  mediaMs: z.number().describe('Milliseconds since answer'),
  turn: z.number().int().describe('Number of the latest turn in the transcript'),
  workflow: z.string().describe('The one that leads from then on'),
  version: z.string(),
  stage: z.string(),
  entry: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe(
      '`kind` is `begun` (with the versions of all workflows of the call), `step` (with the inputs of the engine and what came of ' +
        'them), or `full` where there were more steps than are kept; null where what is kept is damaged',
    ),
});

/** By what a call's workflow got from one state to the next: for audits, and to do it once more. */
export function routeHistory(app: App, { queries }: ControlPlane): void {
  app.get(
    '/api/calls/:callId/history',
    {
      schema: {
        tags: ['calls'],
        summary:
          "A call's or chat's way through its workflow, step by step, as `npm run workflow -- replay` reads it",
        params: z.object({ callId: callIdSchema }),
        querystring: z.strictObject({
          from: z.coerce
            .number()
            .int()
            .min(0)
            .max(1_000_000)
            .default(0)
            .describe('`next` of the page before'),
          limit: z.coerce.number().int().min(1).max(LIMITS.historyPageSteps).default(LIMITS.historyPageSteps),
        }),
        response: {
          200: z.object({
            callId: callIdSchema,
            steps: z.array(stepSchema).readonly(),
            next: z.number().int().nullable(),
          }),
          '4xx': failureSchema,
          '5xx': failureSchema,
        },
      },
    },
    async ({ params: { callId }, query: { from, limit }, tenantId }) => {
      const steps = await queries.stepsOf(tenantId, callId, { from, limit: limit + 1 });
      if (from === 0 && steps.length === 0)
        throw new TrunklineError('NOT_FOUND', 'no call with a history has this id');
      const next = steps.length > limit ? from + limit : null;
      return { callId, steps: steps.slice(0, limit).map(shown), next };
    },
  );
}

function shown({ part, ...step }: StepView): z.infer<typeof stepSchema> {
  try {
    return { ...step, entry: { ...unpackEntry(part) } };
  } catch {
    return { ...step, entry: null };
  }
}
