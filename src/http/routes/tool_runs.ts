import { z } from 'zod';
import { RUN_OUTCOMES } from '../../store/tool_runs.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';
import { callIdSchema, nextSchema, pageQuerySchema } from '../schemas.ts';

const failures = { '4xx': failureSchema, '5xx': failureSchema };
const instant = z.string().describe('Wall clock, UTC');
const outcome = z.enum(RUN_OUTCOMES);

const runSchema = z.object({
  run: z.string(),
  callId: callIdSchema,
  workflow: z.string().nullable(),
  tool: z.string(),
  key: z.string().nullable().describe('Idempotency-Key that its receiver was given'),
  outcome: outcome.describe('`unknown`: it may have been done, and nobody knows'),
  why: z.string().nullable(),
  httpStatus: z.number().int().nullable(),
  begunAt: instant,
  endedAt: instant.nullable(),
  canAskAgain: z.boolean().describe('Its receiver can be asked again without doing it twice'),
});

/** What tools did in calls, and what nobody knows of. */
export function routeToolRuns(app: App, { toolRuns }: ControlPlane): void {
  app.get(
    '/api/tool-runs',
    {
      schema: {
        tags: ['calls'],
        summary: 'Runs of tools, newest first',
        querystring: pageQuerySchema.extend({ outcome: outcome.optional() }),
        response: { 200: z.object({ runs: z.array(runSchema).readonly(), next: nextSchema }), ...failures },
      },
    },
    async ({ query: { outcome: only, ...page }, tenantId }) => {
      const { rows, next } = await toolRuns.runs.list(tenantId, page, only);
      return { runs: rows, next };
    },
  );
  app.post(
    '/api/tool-runs/:run/ask',
    {
      schema: {
        tags: ['calls'],
        summary: 'Asks the receiver again, by the same key, what came of a run that is unknown',
        params: z.object({ run: z.string().regex(/^tool_[0-9a-f]{12}$/) }),
        response: { 200: runSchema, ...failures },
      },
    },
    ({ params, tenantId }) => toolRuns.ask(tenantId, params.run),
  );
}
