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

export const DURABLE_PROJECTIONS: readonly string[] = [TOOL_BEGUN, TOOL_ENDED, EFFECT_WANTED];
