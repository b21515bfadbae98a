-- Up Migration

-- What is kept for a while only. When a call was rid of its words, and of the history of its steps: facts stay (that it was, when, how
-- it ended, what was consented to and set), and an event (`data.forgotten`) tells what is gone.
ALTER TABLE calls ADD COLUMN transcript_forgotten_at timestamptz, ADD COLUMN history_forgotten_at timestamptz;
CREATE INDEX calls_with_transcript ON calls (tenant_id, (coalesce(ended_at, started_at))) WHERE transcript_forgotten_at IS NULL;
CREATE INDEX calls_with_history ON calls (tenant_id, (coalesce(ended_at, started_at))) WHERE history_forgotten_at IS NULL;
CREATE INDEX kept_states_by_time ON kept_states (tenant_id, keep_until);

-- Nobody but the owner deletes. What runs as the owner here can be asked for no more than this: of the tenant of the transaction, and
-- of calls that have been over for a day.
CREATE FUNCTION forget_of_calls(what text, names text[]) RETURNS TABLE (call text, gone bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  tenant text := current_setting('trunkline.tenant');
  old text[] := ARRAY(
    SELECT call_id FROM calls
    WHERE tenant_id = tenant AND call_id = ANY (names) AND coalesce(ended_at, started_at) < now() - interval '1 day'
  );
  types text[] := CASE what
    WHEN 'transcript' THEN ARRAY['turn.agent', 'turn.caller', 'leg.told']
    WHEN 'history' THEN ARRAY['flow.stepped']
  END;
BEGIN
  IF what = 'transcript' THEN
    DELETE FROM turns WHERE tenant_id = tenant AND call_id = ANY (old);
    UPDATE calls SET transcript_forgotten_at = now() WHERE tenant_id = tenant AND call_id = ANY (old);
  ELSIF what = 'history' THEN
    UPDATE calls SET history_forgotten_at = now() WHERE tenant_id = tenant AND call_id = ANY (old);
  END IF;
  RETURN QUERY
    WITH deleted AS (
      DELETE FROM events WHERE tenant_id = tenant AND call_id = ANY (old) AND type = ANY (types) RETURNING call_id
    )
    SELECT one.name, (SELECT count(*) FROM deleted WHERE call_id = one.name) FROM unnest(old) AS one (name);
END $$;

-- States that nobody can take up any more, for a day at least.
CREATE FUNCTION forget_states(names text[]) RETURNS TABLE (call text, gone bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH deleted AS (
    DELETE FROM kept_states
    WHERE tenant_id = current_setting('trunkline.tenant') AND call_id = ANY (names) AND keep_until < now() - interval '1 day'
    RETURNING call_id
  )
  SELECT call_id::text, 1::bigint FROM deleted
$$;
REVOKE ALL ON FUNCTION forget_of_calls(text, text[]), forget_states(text[]) FROM PUBLIC;
