import type { Transaction } from './database.ts';
import type { CallCostView, LatencyView, ProviderTurnsView } from './views.ts';

function answeredBy(column: string, name: string, wentOn = `'{}'::text[]`): string {
  const names = `to_jsonb(coalesce(${wentOn}, '{}'))`;
  const row = `jsonb_build_object('provider', ${column}_by, 'ms', ${column}_in_ms, 'wentOn', ${names})`;
  return `CASE WHEN ${column}_by IS NOT NULL THEN ${row} END AS "${name}"`;
}

const LATENCIES = `
  SELECT turn, last_sound_ms AS "lastSoundMs", end_of_turn_ms AS "endOfTurnMs", stt_final_ms AS "sttFinalMs",
         first_token_ms AS "firstTokenMs", first_word_ms AS "firstWordMs",
         first_audio_ms AS "firstAudioMs", first_frame_ms AS "firstFrameMs",
         ${answeredBy('heard', 'heardBy')}, ${answeredBy('thought', 'thoughtBy', 'thought_then')},
         ${answeredBy('spoken', 'spokenBy', 'spoken_then')}
  FROM turn_latencies WHERE tenant_id = $1 AND call_id = $2 ORDER BY turn`;

const COSTS = `
  SELECT kind, provider, requests::float8 AS requests, audio_ms::float8 AS "audioMs", characters::float8 AS characters,
         input_tokens::float8 AS "inputTokens", cached_tokens::float8 AS "cachedTokens",
         output_tokens::float8 AS "outputTokens", cost_micro_usd::float8 AS "costMicroUsd",
         is_estimated AS "isEstimated"
  FROM call_uses WHERE tenant_id = $1 AND call_id = $2 ORDER BY kind, provider`;

const SHARES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99 };

function percentiles(value: string): string {
  const each = Object.entries(SHARES).map(
    ([name, share]) => `'${name}', percentile_cont(${share}) WITHIN GROUP (ORDER BY ${value})`,
  );
  return `jsonb_build_object(${each.join(', ')})`;
}

/** Turns of calls that began since $2. */
const BY_PROVIDER = `
  SELECT role, provider, count(*)::float8 AS turns, ${percentiles('ms')} AS "answerMs",
         ${percentiles('greatest(0, first_frame_ms - last_sound_ms)')} AS "voiceToVoiceMs"
  FROM calls JOIN turn_latencies USING (tenant_id, call_id), LATERAL (
    VALUES ('heard', heard_by, heard_in_ms), ('thought', thought_by, thought_in_ms), ('spoke', spoken_by, spoken_in_ms)
  ) AS step (role, provider, ms)
  WHERE tenant_id = $1 AND started_at >= $2 AND provider IS NOT NULL
  GROUP BY role, provider ORDER BY role, provider`;

/** The latency ledger of a call, a row a turn. */
export function latenciesOf(tx: Transaction, tenantId: string, callId: string): Promise<LatencyView[]> {
  return tx.query<LatencyView>(LATENCIES, [tenantId, callId]);
}

/** What a call used providers for. */
export function costsOf(tx: Transaction, tenantId: string, callId: string): Promise<CallCostView[]> {
  return tx.query<CallCostView>(COSTS, [tenantId, callId]);
}

/** Percentiles by provider over the turns of all calls that began since then (ISO 8601). */
export function providerTurns(
  tx: Transaction,
  tenantId: string,
  since: string,
): Promise<ProviderTurnsView[]> {
  return tx.query<ProviderTurnsView>(BY_PROVIDER, [tenantId, since]);
}
