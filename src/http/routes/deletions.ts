import { z } from 'zod';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';
import { callIdSchema, deletionSchema, nextSchema, pageQuerySchema } from '../schemas.ts';

/** What was deleted of recordings, with a proof of each file. */
export function routeDeletions(app: App, { deletions }: ControlPlane): void {
  app.get(
    '/api/deletions',
    {
      schema: {
        tags: ['calls'],
        summary: 'Files of recordings that were deleted, newest first, each with its proof',
        querystring: pageQuerySchema.extend({ callId: callIdSchema.optional() }),
        response: {
          200: z.object({ deletions: z.array(deletionSchema).readonly(), next: nextSchema }),
          '4xx': failureSchema,
          '5xx': failureSchema,
        },
      },
    },
    async ({ query: { callId, ...page }, tenantId }) => {
      const { rows, next } = await deletions.list(tenantId, page, callId);
      return { deletions: rows, next };
    },
  );
}
