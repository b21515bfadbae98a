import type { EventType } from './events.ts';

/**
 * What follows from events about tools and effects, as those of projections.ts: for all events of a tenant ($1) that were added
 * after a number ($2).
 */
const ADDED = 'FROM events WHERE tenant_id = $1 AND seq > $2::bigint';

/** A run that goes on in another process begins twice; it is the same. */
const TOOL_BEGUN = `
  INSERT INTO tool_runs
    (tenant_id, run, call_id, tool, workflow, key, is_keyed, act, arguments_sealed, request_sealed, begun_at)
  SELECT DISTINCT ON (detail ->> 'run') tenant_id, detail ->> 'run', call_id, detail ->> 'tool', detail ->> 'workflow',
         detail ->> 'key', coalesce((detail ->> 'isKeyed')::boolean, false), detail ->> 'act', detail ->> 'arguments',
         detail ->> 'request', at
  ${ADDED} AND type = 'tool.begun' ORDER BY detail ->> 'run', seq
  ON CONFLICT DO NOTHING`;

/** The last word counts; but what was done stays done, whatever a process that was lost has to say of it later. */
const TOOL_ENDED = `
  UPDATE tool_runs SET
    outcome = detail ->> 'outcome', why = detail ->> 'why', attempts = (detail ->> 'attempts')::integer,
    http_status = (detail ->> 'httpStatus')::integer, ended_at = at
  FROM (
    SELECT DISTINCT ON (detail ->> 'run') detail ->> 'run' AS ended_run, at, detail
    ${ADDED} AND type = 'tool.ended' ORDER BY detail ->> 'run', (detail ->> 'outcome' = 'done') DESC, seq DESC
  ) AS event
  WHERE tenant_id = $1 AND run = ended_run AND outcome IS DISTINCT FROM 'done'`;

const EFFECT_WANTED = `
  INSERT INTO outbox (tenant_id, effect_id, call_id, workflow, tool, arguments_sealed, wanted_at)
  SELECT tenant_id, call_id || ':' || (detail ->> 'effect'), call_id, detail ->> 'workflow', detail ->> 'tool',
         detail ->> 'arguments', at
  ${ADDED} AND type = 'effect.wanted' ORDER BY seq
  ON CONFLICT DO NOTHING`;

/** What a process that died had not sent on may come after what its successor has. */
const STATE_KEPT = `
  INSERT INTO kept_states AS kept (tenant_id, call_id, workflow, from_index, state_sealed, at, keep_until)
  SELECT tenant_id, call_id, detail ->> 'workflow', from_index, detail ->> 'state', event.at,
         (detail ->> 'keepUntil')::timestamptz
  FROM (
    SELECT DISTINCT ON (call_id) tenant_id, call_id, at, detail
    ${ADDED} AND type = 'state.kept' ORDER BY call_id, at DESC, seq DESC
  ) AS event JOIN calls USING (tenant_id, call_id)
  ON CONFLICT (tenant_id, call_id) DO UPDATE SET
    workflow = EXCLUDED.workflow, state_sealed = EXCLUDED.state_sealed, at = EXCLUDED.at,
    keep_until = EXCLUDED.keep_until
  WHERE kept.at <= EXCLUDED.at`;

const CALL_TOOK_UP = `
  UPDATE kept_states SET state_sealed = NULL
  FROM (SELECT detail ->> 'earlier' AS earlier ${ADDED} AND type = 'call.tookUp') AS event
  WHERE tenant_id = $1 AND call_id = earlier`;

/** Kept once, where it can be forgotten. */
const STATE_ONLY_KEPT = `
  UPDATE events SET detail = detail - 'state'
  WHERE tenant_id = $1 AND seq > $2::bigint AND type = 'state.kept'`;

export const DURABLE_PROJECTIONS: readonly { readonly type: EventType; readonly sql: string }[] = [
  { type: 'tool.begun', sql: TOOL_BEGUN },
  { type: 'tool.ended', sql: TOOL_ENDED },
  { type: 'effect.wanted', sql: EFFECT_WANTED },
  { type: 'state.kept', sql: STATE_KEPT },
  { type: 'call.tookUp', sql: CALL_TOOK_UP },
  { type: 'state.kept', sql: STATE_ONLY_KEPT },
];
