import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';
import { callIdSchema, nextSchema, pageQuerySchema } from '../schemas.ts';
import { operatorHeaders } from '../version_schemas.ts';

const tags = ['calls'];
const config = { rateLimit: { max: LIMITS.holdRequestsPerMinute, timeWindow: 60_000 } };
const failures = { '4xx': failureSchema, '5xx': failureSchema };
const instant = z.string().describe('Wall clock, UTC');
const callParams = z.object({ callId: callIdSchema });
const reason = z.strictObject({ why: z.string().trim().min(1).max(LIMITS.holdReasonCharacters) });

const holdSchema = z
  .object({
    hold: z.string(),
    callId: callIdSchema,
    setAt: instant,
    setBy: z.string(),
    why: z.string(),
    liftedAt: instant.nullable().describe('Null while it is in force'),
    liftedBy: z.string().nullable(),
    liftWhy: z.string().nullable(),
  })
  .meta({ id: 'Hold', description: 'While one is in force, nothing of its call is forgotten.' });

/** Legal holds. Each order names who gives it and why, and stays on the call's record. */
export function routeHolds(app: App, plane: ControlPlane): void {
  routeHoldOrders(app, plane);
  app.get(
    '/api/holds',
    {
      schema: {
        tags,
        summary: 'Holds, newest first, of all calls or of one',
        querystring: pageQuerySchema.extend({
          callId: callIdSchema.optional(),
          inForce: z.stringbool().optional().describe('Only those that are, or only those that were lifted'),
        }),
        response: {
          200: z.object({ holds: z.array(holdSchema).readonly(), next: nextSchema }),
          ...failures,
        },
      },
    },
    async ({ query: { callId, inForce, ...page }, tenantId }) => {
      const { rows, next } = await plane.holds.list(tenantId, page, { callId, inForce });
      return { holds: rows, next };
    },
  );
}

function routeHoldOrders(app: App, { holds }: ControlPlane): void {
  app.post(
    '/api/calls/:callId/holds',
    {
      config,
      schema: {
        tags,
        summary:
          'From the answer on nothing of the call is forgotten, until this and its other holds are lifted',
        params: callParams,
        headers: operatorHeaders,
        body: reason,
        response: { 201: holdSchema, ...failures },
      },
    },
    async ({ params: { callId }, body: { why }, headers, tenantId }, reply) => {
      const order = { by: headers['trunkline-operator'], why };
      return reply.code(201).send(await holds.set(tenantId, callId, order));
    },
  );
  app.post(
    '/api/calls/:callId/holds/:hold/lift',
    {
      config,
      schema: {
        tags,
        summary: 'Lifts a hold: what is old enough is forgotten the next night',
        params: callParams.extend({ hold: z.uuid() }),
        headers: operatorHeaders,
        body: reason,
        response: { 200: holdSchema, ...failures },
      },
    },
    async ({ params: { callId, hold }, body: { why }, headers, tenantId }) =>
      holds.lift(tenantId, callId, hold, { by: headers['trunkline-operator'], why }),
  );
}
