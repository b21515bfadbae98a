import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
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

const percentilesSchema = z
  .object({ p50: z.number(), p90: z.number(), p95: z.number(), p99: z.number() })
  .meta({ id: 'Percentiles', description: 'Milliseconds.' });

const providerTurnsSchema = z
  .object({
    role: z
      .enum(['heard', 'thought', 'spoke'])
      .describe('One that hears and speaks by itself does all three'),
    provider: z.string(),
    turns: z.number(),
    answerMs: percentilesSchema.describe('From when it was asked to its final, first token or first sound'),
    voiceToVoiceMs: percentilesSchema.describe(
      "Of the same turns, from the caller's last sound to the first frame of the answer",
    ),
  })
  .meta({ id: 'ProviderTurns' });

const DAY_MS = 86_400_000;

/** Who hears, thinks and speaks, and how they are doing. */
export function routeProviders(app: App, plane: ControlPlane): void {
  routeProviderList(app, plane);
  routeProviderTurns(app, plane);
}

function routeProviderTurns(app: App, { queries }: ControlPlane): void {
  app.get(
    '/api/providers/latencies',
    {
      schema: {
        tags: ['node'],
        summary: 'How each provider did in the turns of the calls of some days',
        querystring: z.strictObject({
          days: z.coerce
            .number()
            .int()
            .min(1)
            .max(LIMITS.providerLatencyDays)
            .default(1)
            .describe('Before now, in which the calls began'),
        }),
        response: {
          200: z.object({
            since: z.iso.datetime().describe('Wall clock, UTC'),
            providers: z.array(providerTurnsSchema).readonly(),
          }),
          '4xx': failureSchema,
          '5xx': failureSchema,
        },
      },
    },
    async ({ query: { days }, tenantId }) => {
      const since = new Date(Date.now() - days * DAY_MS).toISOString();
      return { since, providers: await queries.providerTurns(tenantId, since) };
    },
  );
}

function routeProviderList(app: App, { providers }: ControlPlane): void {
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
