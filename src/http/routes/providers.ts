import { z } from 'zod';
import { PROVIDER_KINDS } from '../../config/providers.ts';
import type { App, ControlPlane } from '../control_plane.ts';
import { failureSchema } from '../failures.ts';

const latencyMs = z
  .number()
  .nullable()
  .describe('Until the first word or sound; null while too few are known');

const healthSchema = z.object({
  process: z.string(),
  breaker: z
    .enum(['closed', 'open', 'halfOpen'])
    .nullable()
    .describe('open: not asked for a while, since it failed; null where nobody could take over'),
  p50Ms: latencyMs,
  p95Ms: latencyMs,
});

const providerSchema = z
  .object({
    kind: z.enum(PROVIDER_KINDS),
    name: z.string(),
    service: z.string().describe('Its kind in the configuration'),
    off: z.string().nullable().describe('Why it is not asked; null where it is'),
    processes: z
      .array(healthSchema)
      .readonly()
      .describe('How each process finds it, as told some seconds ago'),
  })
  .meta({ id: 'Provider' });

/** Who hears, thinks and speaks, and how they are doing. */
export function routeProviders(app: App, { providers }: ControlPlane): void {
  app.get(
    '/api/providers',
    {
      schema: {
        tags: ['node'],
        summary: 'Recognisers, models and synthesisers, in the order in which they are asked',
        response: {
          200: z.object({ providers: z.array(providerSchema).readonly() }),
          '4xx': failureSchema,
          '5xx': failureSchema,
        },
      },
    },
    async () => ({
      providers: providers.states.map(({ kind, name, service, off = null }) => ({
        kind,
        name,
        service,
        off,
        processes: [...providers.health()].flatMap(([process, health]) =>
          health
            .filter(one => one.kind === kind && one.provider === name)
            .map(({ breaker, p50Ms, p95Ms }) => ({ process, breaker, p50Ms, p95Ms })),
        ),
      })),
    }),
  );
}
