import { MEASURE_NAMES, type Measure } from '../quality/measures.ts';
import type { Transaction } from './database.ts';
import type { EventDetail } from './events.ts';
import type { QualitySummaryView, QualityView } from './views.ts';

/** Which seconds of a call are wanted. */
export interface QualityRange {
  readonly fromMs: number;
  /** At least 1. */
  readonly seconds: number;
}

const SECOND_MS = 1000;

const SUMMARY = `
  SELECT seconds, jsonb_build_object('mosMean', caller_mos_mean, 'mosLeast', caller_mos_least) AS caller,
         jsonb_build_object('mosMean', agent_mos_mean, 'mosLeast', agent_mos_least) AS agent,
         talk_over_ms AS "talkOverMs", dead_air_ms AS "deadAirMs", clipped_samples AS "clippedSamples",
         concealed_frames AS "concealedFrames",
         CASE WHEN worst_mos IS NOT NULL THEN jsonb_build_object('atMs', worst_ms, 'mos', worst_mos) END AS worst
  FROM call_quality WHERE tenant_id = $1 AND call_id = $2`;

const IS_CALL = 'SELECT 1 FROM calls WHERE tenant_id = $1 AND call_id = $2';

/** One more than fills the range: each event has at least one second. */
const SECONDS = `
  SELECT detail FROM events
  WHERE tenant_id = $1 AND call_id = $2 AND type = 'call.measured'
    AND (detail ->> 'mediaMs')::double precision + ${SECOND_MS} * (detail ->> 'seconds')::integer > $3
  ORDER BY (detail ->> 'mediaMs')::double precision, seq
  LIMIT $4`;

/** Null for a call of which no second was measured. */
export async function qualitySummary(
  tx: Transaction,
  tenantId: string,
  callId: string,
): Promise<QualitySummaryView | null> {
  const [summary] = await tx.query<QualitySummaryView>(SUMMARY, [tenantId, callId]);
  return summary ?? null;
}

/** Undefined when the tenant has no such call. */
export async function qualityOf(
  tx: Transaction,
  tenantId: string,
  callId: string,
  range: QualityRange,
): Promise<QualityView | undefined> {
  if ((await tx.query(IS_CALL, [tenantId, callId])).length === 0) return undefined;
  const summary = await qualitySummary(tx, tenantId, callId);
  const { fromMs, seconds } = range;
  const rows = await tx.query<MeasuredRow>(SECONDS, [tenantId, callId, fromMs, seconds + 1]);
  const atMs: number[] = [];
  const measures = Object.fromEntries(MEASURE_NAMES.map(name => [name, []])) as unknown as Columns;
  for (const { detail } of rows) {
    for (let second = 0; second < detail.seconds; second += 1) {
      const secondMs = detail.mediaMs + second * SECOND_MS;
      if (secondMs < fromMs) continue;
      if (atMs.length === seconds) return { summary, atMs, measures, nextMs: secondMs };
      atMs.push(secondMs);
      for (const name of MEASURE_NAMES) measures[name].push(detail.measures[name]?.[second] ?? null);
    }
  }
  return { summary, atMs, measures, nextMs: null };
}

interface MeasuredRow {
  readonly detail: EventDetail<'call.measured'>;
}

type Columns = Record<Measure, (number | null)[]>;
