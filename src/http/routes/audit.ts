import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';
import { callIdSchema } from '../schemas.ts';

const entrySchema = z
  .object({
    seq: z.number().int().describe('From 1, without gaps'),
    at: z.string().describe('Wall clock, UTC'),
    who: z.string().nullable().describe('As they called themselves (Trunkline-Operator)'),
    action: z.string(),
    callId: z.string().nullable().describe('Null where it was of several'),
    fields: z.array(z.string()).readonly(),
    requestId: z.string(),
    sha256: z.string().describe('Of this and all entries before it'),
  })
  .meta({ id: 'AuditEntry', description: 'That somebody was given what is known of a person.' });

/** Who looked at what. */
export function routeAudit(app: App, { audit }: ControlPlane): void {
  app.get(
    '/api/audit',
    {
      schema: {
        tags: ['calls'],
        summary: 'Who was given what of whom, oldest first; `npm run audit` looks whether all of it is there',
        querystring: z.strictObject({
          after: z.coerce.number().int().min(0).default(0).describe('`next` of the page before'),
          limit: z.coerce.number().int().min(1).max(LIMITS.auditPageRows).default(LIMITS.auditPageRows),
          callId: callIdSchema.optional(),
        }),
        response: {
          200: z.object({
            tenant: z.string(),
            entries: z.array(entrySchema).readonly(),
            next: z.number().int().nullable(),
          }),
          '4xx': failureSchema,
          '5xx': failureSchema,
        },
      },
    },
    async ({ query: { after, limit, callId }, tenantId }) => {
      const rows = await audit.list(tenantId, { after, limit: limit + 1 }, callId);
      const entries = rows.slice(0, limit);
      const next = rows.length > limit ? (entries.at(-1)?.seq ?? null) : null;
      return { tenant: tenantId, entries, next };
    },
  );
}
