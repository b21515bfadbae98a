import { z } from 'zod';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';
import { nextSchema, pageQuerySchema, quoteSchema } from '../schemas.ts';

export function routeQuotes(app: App, { queries }: ControlPlane): void {
  app.get(
    '/api/quotes',
    {
      schema: {
        tags: ['calls'],
        summary: 'Quotes, newest first',
        querystring: pageQuerySchema,
        response: {
          200: z.object({ quotes: z.array(quoteSchema).readonly(), next: nextSchema }),
          '4xx': failureSchema,
          '5xx': failureSchema,
        },
      },
    },
    async ({ query, tenantId }) => {
      const { rows, next } = await queries.listQuotes(tenantId, query);
      return { quotes: rows, next };
    },
  );
}
