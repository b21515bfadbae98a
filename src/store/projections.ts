import type { Measure } from '../quality/measures.ts';
import { DURABLE_PROJECTIONS } from './durable_projections.ts';
import type { EventType } from './events.ts';
import { HOLD_PROJECTIONS } from './holding.ts';

/**
 * What follows from events, each statement for all events of a tenant ($1) that were added after a number ($2). They
 * run in this order within the transaction that adds the events, hence once for each event.
 *
 * A call's first event makes its row, whichever it is: should its start be lost, the rest is still kept.
 */
const ADDED = 'FROM events WHERE tenant_id = $1 AND seq > $2::bigint';

function added(type: string): string {
  return `${ADDED} AND type = '${type}'`;
}

const CALL_SEEN = `
  INSERT INTO calls (tenant_id, call_id, started_at)
  SELECT tenant_id, call_id, min(at) ${ADDED} GROUP BY tenant_id, call_id
  ON CONFLICT DO NOTHING`;

const CALL_STARTED = `
  UPDATE calls SET
    direction = detail ->> 'direction', line_kind = detail ->> 'lineKind',
    from_sealed = detail ->> 'from', from_index = indexes ->> 'from',
    to_sealed = detail ->> 'to', to_index = indexes ->> 'to',
    sip_call_id_sealed = detail ->> 'sipCallId', sip_call_id_index = indexes ->> 'sipCallId',
    workflow = detail ->> 'workflow', workflow_version = detail ->> 'workflowVersion',
    canary = (detail ->> 'canary')::boolean,
    room = detail ->> 'room', trunk = detail ->> 'trunk', attributes_sealed = detail ->> 'attributes',
    started_at = at
  FROM (SELECT call_id AS started_call, at, detail, indexes ${added('call.started')}) AS event
  WHERE tenant_id = $1 AND call_id = started_call`;

const CALL_ANSWERED = `
  UPDATE calls SET answered_at = at, state = CASE state WHEN 'INITIATED' THEN 'CONNECTED' ELSE state END
  FROM (SELECT call_id AS answered_call, at ${added('call.answered')}) AS event
  WHERE tenant_id = $1 AND call_id = answered_call`;

const CALL_OUTCOME = `
  UPDATE calls SET outcome = event.outcome
  FROM (
    SELECT DISTINCT ON (call_id) call_id AS decided_call, detail ->> 'outcome' AS outcome
    ${added('call.outcome')} ORDER BY call_id, seq DESC
  ) AS event
  WHERE tenant_id = $1 AND call_id = decided_call`;

/** The first end counts. */
const CALL_ENDED = `
  UPDATE calls SET
    state = detail ->> 'disposition', ended_at = at, end_reason = detail ->> 'reason',
    duration_ms = (detail ->> 'durationMs')::double precision,
    frames_concealed = (detail ->> 'framesConcealed')::integer,
    frames_dropped = (detail ->> 'framesDropped')::integer
  FROM (
    SELECT DISTINCT ON (call_id) call_id AS ended_call, at, detail
    ${added('call.ended')} ORDER BY call_id, seq
  ) AS event
  WHERE tenant_id = $1 AND call_id = ended_call AND ended_at IS NULL`;

const CONSENT = `
  INSERT INTO consents (tenant_id, consent_id, call_id, kind, granted, given_ms, given_at)
  SELECT tenant_id, key, call_id, detail ->> 'kind', (detail ->> 'granted')::boolean,
         (detail ->> 'mediaMs')::double precision, at
  ${added('consent.recorded')}`;

const RECORDING_STARTED = `
  INSERT INTO recordings (tenant_id, call_id, file, start_ms, rate_hz)
  SELECT DISTINCT ON (call_id, detail ->> 'file') tenant_id, call_id, detail ->> 'file',
         (detail ->> 'mediaMs')::double precision, (detail ->> 'rateHz')::integer
  ${added('recording.started')} ORDER BY call_id, detail ->> 'file', seq
  ON CONFLICT (tenant_id, call_id, file)
  DO UPDATE SET start_ms = EXCLUDED.start_ms, rate_hz = EXCLUDED.rate_hz`;

const RECORDING_ENDED = `
  INSERT INTO recordings (tenant_id, call_id, file, duration_ms, bytes)
  SELECT DISTINCT ON (call_id, detail ->> 'file') tenant_id, call_id, detail ->> 'file',
         (detail ->> 'durationMs')::double precision, (detail ->> 'bytes')::bigint
  ${added('recording.ended')} ORDER BY call_id, detail ->> 'file', seq DESC
  ON CONFLICT (tenant_id, call_id, file)
  DO UPDATE SET duration_ms = EXCLUDED.duration_ms, bytes = EXCLUDED.bytes`;

function turnsOf(speaker: 'agent' | 'caller'): string {
  return `
  INSERT INTO turns (tenant_id, call_id, turn, speaker, text_sealed, start_ms, end_ms, interrupted, confidence)
  SELECT DISTINCT ON (call_id, detail -> 'turn') tenant_id, call_id, (detail ->> 'turn')::integer, '${speaker}',
         detail ->> 'text', (detail ->> 'startMs')::double precision, (detail ->> 'endMs')::double precision,
         (detail ->> 'interrupted')::boolean, (detail ->> 'confidence')::double precision
  ${added(`turn.${speaker}`)} ORDER BY call_id, detail -> 'turn', seq DESC
  ON CONFLICT (tenant_id, call_id, turn, speaker) DO UPDATE SET
    text_sealed = EXCLUDED.text_sealed, start_ms = EXCLUDED.start_ms, end_ms = EXCLUDED.end_ms,
    interrupted = EXCLUDED.interrupted, confidence = EXCLUDED.confidence`;
}

function answeredBy(field: 'heardBy' | 'thoughtBy' | 'spokenBy'): string {
  return `detail -> '${field}' ->> 'provider', (detail -> '${field}' ->> 'ms')::double precision`;
}

const TURN_LATENCY = `
  INSERT INTO turn_latencies
    (tenant_id, call_id, turn, last_sound_ms, end_of_turn_ms, stt_final_ms, first_word_ms, first_audio_ms, first_frame_ms,
     first_token_ms, heard_by, heard_in_ms, thought_by, thought_in_ms, spoken_by, spoken_in_ms)
  SELECT tenant_id, call_id, (detail ->> 'turn')::integer,
         (detail ->> 'lastSoundMs')::double precision, (detail ->> 'endOfTurnMs')::double precision,
         (detail ->> 'sttFinalMs')::double precision, (detail ->> 'firstWordMs')::double precision,
         (detail ->> 'firstAudioMs')::double precision, (detail ->> 'firstFrameMs')::double precision,
         (detail ->> 'firstTokenMs')::double precision,
         ${answeredBy('heardBy')}, ${answeredBy('thoughtBy')}, ${answeredBy('spokenBy')}
  ${added('turn.latency')}
  ON CONFLICT DO NOTHING`;

const TURN_TAKEN_OVER = `
  UPDATE turn_latencies AS ledger SET
    thought_then = ARRAY(SELECT jsonb_array_elements_text(detail -> 'thought')),
    spoken_then = ARRAY(SELECT jsonb_array_elements_text(detail -> 'spoke'))
  FROM (SELECT call_id AS told_call, (detail ->> 'turn')::integer AS told_turn, detail ${added('turn.takenOver')}) AS event
  WHERE ledger.tenant_id = $1 AND ledger.call_id = told_call AND ledger.turn = told_turn`;

const AMOUNTS = [
  'requests',
  'audio_ms',
  'characters',
  'input_tokens',
  'cached_tokens',
  'output_tokens',
  'cost_micro_usd',
];

const CALL_USED = `
  INSERT INTO call_uses AS kept (tenant_id, call_id, kind, provider, ${AMOUNTS.join(', ')}, is_estimated)
  SELECT tenant_id, call_id, use ->> 'kind', use ->> 'provider',
         sum((use ->> 'requests')::bigint), sum((use ->> 'audioMs')::bigint), sum((use ->> 'characters')::bigint),
         sum((use ->> 'inputTokens')::bigint), sum((use ->> 'cachedTokens')::bigint), sum((use ->> 'outputTokens')::bigint),
         sum((use ->> 'costMicroUsd')::bigint), bool_or((use ->> 'isEstimated')::boolean)
  FROM (SELECT * ${added('call.used')}) AS event, jsonb_array_elements(detail -> 'uses') AS use
  GROUP BY tenant_id, call_id, use ->> 'kind', use ->> 'provider'
  ON CONFLICT (tenant_id, call_id, kind, provider) DO UPDATE SET
    ${AMOUNTS.map(amount => `${amount} = kept.${amount} + EXCLUDED.${amount}`).join(', ')},
    is_estimated = kept.is_estimated OR EXCLUDED.is_estimated`;

/** What a process that died had not sent on comes after what its successor has. */
const SLOT_SET = `
  INSERT INTO slots (tenant_id, call_id, slot, value, value_sealed, value_index, confirmed, set_at)
  SELECT DISTINCT ON (call_id, detail ->> 'slot') tenant_id, call_id, detail ->> 'slot',
         CASE WHEN (detail ->> 'sensitive')::boolean THEN NULL ELSE detail -> 'value' END,
         CASE WHEN (detail ->> 'sensitive')::boolean THEN detail ->> 'value' END,
         indexes ->> 'value', (detail ->> 'confirmed')::boolean, at
  ${added('slot.set')} ORDER BY call_id, detail ->> 'slot', seq DESC
  ON CONFLICT (tenant_id, call_id, slot) DO UPDATE SET
    value = EXCLUDED.value, value_sealed = EXCLUDED.value_sealed, value_index = EXCLUDED.value_index,
    confirmed = EXCLUDED.confirmed, set_at = EXCLUDED.set_at
  WHERE slots.set_at <= EXCLUDED.set_at`;

const QUOTE_MADE = `
  INSERT INTO quotes
    (tenant_id, quote_id, call_id, made_at, currency, lines, total_cents, distance_miles, booked)
  SELECT tenant_id, key, call_id, at, detail ->> 'currency', detail -> 'lines',
         (detail ->> 'totalCents')::bigint, (detail ->> 'distanceMiles')::double precision,
         (detail ->> 'booked')::boolean
  ${added('quote.made')}`;

function measured(measure: Measure): string {
  return `jsonb_array_elements_text(detail -> 'measures' -> '${measure}')`;
}

/** The mean of two means, either of which may be of nothing. */
function meanOf(way: 'caller' | 'agent'): string {
  const total = (row: string) => `coalesce(${row}.${way}_mos_mean * ${row}.${way}_mos_seconds, 0)`;
  return `(${total('kept')} + ${total('EXCLUDED')})
    / nullif(kept.${way}_mos_seconds + EXCLUDED.${way}_mos_seconds, 0)`;
}

/** `number` counts the seconds of an event from 1. */
const CALL_MEASURED = `
  INSERT INTO call_quality AS kept
  SELECT tenant_id, call_id, count(*),
         avg(caller_mos), count(caller_mos), min(caller_mos), avg(agent_mos), count(agent_mos), min(agent_mos),
         coalesce(sum(talk_over_ms), 0), coalesce(sum(dead_air_ms), 0), coalesce(sum(clipped), 0),
         coalesce(sum(concealed), 0), (array_agg(at_ms ORDER BY mos, at_ms))[1], min(mos)
  FROM (
    SELECT tenant_id, call_id, (detail ->> 'mediaMs')::double precision + 1000 * (number - 1) AS at_ms,
           caller_mos::double precision, agent_mos::double precision,
           least(caller_mos::double precision, agent_mos::double precision) AS mos,
           talk_over_ms::double precision, dead_air_ms::double precision, clipped::double precision,
           concealed::double precision
    FROM (SELECT * ${added('call.measured')}) AS event, ROWS FROM (
      generate_series(1, (detail ->> 'seconds')::integer),
      ${measured('callerMos')}, ${measured('agentMos')}, ${measured('talkOverMs')}, ${measured('deadAirMs')},
      ${measured('clippedSamples')}, ${measured('concealedFrames')}
    ) AS second (number, caller_mos, agent_mos, talk_over_ms, dead_air_ms, clipped, concealed)
  ) AS seconds
  GROUP BY tenant_id, call_id
  ON CONFLICT (tenant_id, call_id) DO UPDATE SET
    seconds = kept.seconds + EXCLUDED.seconds,
    caller_mos_mean = ${meanOf('caller')},
    caller_mos_seconds = kept.caller_mos_seconds + EXCLUDED.caller_mos_seconds,
    caller_mos_least = least(kept.caller_mos_least, EXCLUDED.caller_mos_least),
    agent_mos_mean = ${meanOf('agent')},
    agent_mos_seconds = kept.agent_mos_seconds + EXCLUDED.agent_mos_seconds,
    agent_mos_least = least(kept.agent_mos_least, EXCLUDED.agent_mos_least),
    talk_over_ms = kept.talk_over_ms + EXCLUDED.talk_over_ms,
    dead_air_ms = kept.dead_air_ms + EXCLUDED.dead_air_ms,
    clipped_samples = kept.clipped_samples + EXCLUDED.clipped_samples,
    concealed_frames = kept.concealed_frames + EXCLUDED.concealed_frames,
    worst_ms = CASE WHEN EXCLUDED.worst_mos < kept.worst_mos OR kept.worst_mos IS NULL
                    THEN EXCLUDED.worst_ms ELSE kept.worst_ms END,
    worst_mos = least(kept.worst_mos, EXCLUDED.worst_mos)`;

/** A statement, and the type of event that it is for; without one it is for all. */
export interface Projection {
  readonly type?: EventType;
  readonly sql: string;
}

export const PROJECTIONS: readonly Projection[] = [
  { sql: CALL_SEEN },
  { type: 'call.started', sql: CALL_STARTED },
  { type: 'call.answered', sql: CALL_ANSWERED },
  { type: 'call.outcome', sql: CALL_OUTCOME },
  { type: 'consent.recorded', sql: CONSENT },
  { type: 'recording.started', sql: RECORDING_STARTED },
  { type: 'recording.ended', sql: RECORDING_ENDED },
  { type: 'turn.agent', sql: turnsOf('agent') },
  { type: 'turn.caller', sql: turnsOf('caller') },
  { type: 'turn.latency', sql: TURN_LATENCY },
  { type: 'turn.takenOver', sql: TURN_TAKEN_OVER },
  { type: 'call.used', sql: CALL_USED },
  { type: 'slot.set', sql: SLOT_SET },
  { type: 'quote.made', sql: QUOTE_MADE },
  { type: 'call.measured', sql: CALL_MEASURED },
  { type: 'call.ended', sql: CALL_ENDED },
  ...DURABLE_PROJECTIONS,
  ...HOLD_PROJECTIONS,
];
