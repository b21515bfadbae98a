import { z } from 'zod';
import type { App, ControlPlane } from '../control_plane.ts';

const partsSchema = z.record(z.string(), z.enum(['up', 'down']));

/** Whoever floods an address must not make its orchestrator think that the node is dead. */
const ALWAYS_ANSWERED = { access: 'open', rateLimit: false } as const;

/** Whether the node lives, whether it can take calls, and its figures. */
export function routeHealth(app: App, { readiness, node, metrics }: ControlPlane): void {
  app.get(
    '/healthz',
    {
      config: ALWAYS_ANSWERED,
      schema: {
        tags: ['node'],
        summary: 'Alive',
        security: [],
        response: { 200: z.object({ status: z.literal('alive') }) },
      },
    },
    async () => ({ status: 'alive' as const }),
  );
  app.get(
    '/readyz',
    {
      config: ALWAYS_ANSWERED,
      schema: {
        tags: ['node'],
        summary: 'Ready for calls; 503 names the part that is down',
        security: [],
        response: {
          200: z.object({ status: z.literal('ready'), parts: partsSchema }),
          503: z.object({ status: z.enum(['notReady', 'draining']), parts: partsSchema }),
        },
      },
    },
    async (_request, reply) => {
      const { ready, parts } = await readiness();
      if (node.draining) return reply.code(503).send({ status: 'draining', parts });
      if (!ready) return reply.code(503).send({ status: 'notReady', parts });
      return { status: 'ready' as const, parts };
    },
  );
  app.get(
    '/metrics',
    { schema: { tags: ['node'], summary: 'Prometheus text format', produces: ['text/plain'] } },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
}
