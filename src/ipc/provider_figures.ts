import { z } from 'zod';
import { LIMITS } from '../config/limits.ts';
import { PROVIDER_KINDS } from '../config/providers.ts';

const kind = z.enum(PROVIDER_KINDS);
/** As the configuration names it. */
const provider = z.string().max(32);
const count = z.number().int().min(0);
const outcome = z.string().max(32);
const MOST = PROVIDER_KINDS.length * LIMITS.providersOfAKind;

/** How a provider that is asked is doing in one process. */
const health = z.object({
  kind,
  provider,
  /** Null where it has no breaker, since nobody could take over. */
  breaker: z.enum(['closed', 'open', 'halfOpen']).nullable(),
  /** Of its last answers' first words or sounds; null while there are too few. */
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
});

/** What one was asked since this was told last, and what that costs. */
const asked = z.object({
  kind,
  provider,
  /** Attempts by how they ended: ok, late, aborted, or the kind of fault. */
  outcomes: z.record(outcome, count),
  /** Of those that went well, until the first word or sound. */
  latenciesMs: z.array(z.number()).max(LIMITS.providerLatenciesTold),
  requests: count,
  audioMs: count,
  characters: count,
  inputTokens: count,
  /** Of the input. */
  cachedTokens: count,
  outputTokens: count,
  costMicroUsd: count,
});

/** Another one took over, so many times since this was told last. */
const switched = z.object({ kind, from: provider, to: provider, why: outcome, times: count });

export const providerFiguresSchema = z.object({
  health: z.array(health).max(MOST).readonly(),
  asked: z.array(asked).max(MOST).readonly(),
  switched: z
    .array(switched)
    .max(MOST * LIMITS.providersOfAKind * LIMITS.providersOfAKind)
    .readonly(),
});

export type ProviderFigures = z.infer<typeof providerFiguresSchema>;
