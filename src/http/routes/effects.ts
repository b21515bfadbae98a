import { z } from 'zod';
import { EFFECT_STATES } from '../../store/outbox.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';
import { callIdSchema, nextSchema, pageQuerySchema } from '../schemas.ts';

const instant = z.string().describe('Wall clock, UTC');
const state = z.enum(EFFECT_STATES);

const effectSchema = z.object({
  effect: z.string(),
  callId: callIdSchema,
  workflow: z.string(),
  tool: z.string(),
  key: z.string().describe('Idempotency-Key that its receiver is given'),
  state: state.describe('`unknown`: its delivery broke, it may be there or not, and nobody tries it again'),
  attempts: z.number().int(),
  why: z.string().nullable(),
  httpStatus: z.number().int().nullable(),
  wantedAt: instant,
  settledAt: instant.nullable(),
});

/** What others are told after calls, and whether they have it. */
export function routeEffects(app: App, { effects }: ControlPlane): void {
  app.get(
    '/api/effects',
    {
      schema: {
        tags: ['calls'],
        summary: 'What is told to others after calls, newest first',
        querystring: pageQuerySchema.extend({ state: state.optional() }),
        response: {
          200: z.object({ effects: z.array(effectSchema).readonly(), next: nextSchema }),
          '4xx': failureSchema,
          '5xx': failureSchema,
        },
      },
    },
    async ({ query: { state: only, ...page }, tenantId }) => {
      const { rows, next } = await effects.list(tenantId, page, only);
      return { effects: rows, next };
    },
  );
}
