import { z } from 'zod';
import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';
import { callIdSchema, qualitySchema } from '../schemas.ts';

const rangeSchema = z.strictObject({
  fromMs: z.coerce
    .number()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(0)
    .describe('`nextMs` of the answer before'),
  seconds: z.coerce.number().int().min(1).max(LIMITS.httpPageSeconds).default(LIMITS.httpPageSeconds),
});

/** How a call sounded, both ways, second by second. */
export function routeQuality(app: App, { queries }: ControlPlane): void {
  app.get(
    '/api/calls/:callId/quality',
    {
      schema: {
        tags: ['calls'],
        summary: "A call's levels, echo, noise, losses, pauses and E-model scores, second by second",
        params: z.object({ callId: callIdSchema }),
        querystring: rangeSchema,
        response: { 200: qualitySchema, '4xx': failureSchema, '5xx': failureSchema },
      },
    },
    async ({ params: { callId }, query, tenantId }) => {
      const quality = await queries.qualityOf(tenantId, callId, query);
      if (quality === undefined) throw new TrunklineError('NOT_FOUND', 'no call has this id');
      return quality;
    },
  );
}
