-- Up Migration

-- Calls of which nothing is forgotten for now, with who wanted it and why: rows are added, lifted once, and never go.
CREATE TABLE legal_holds (
  tenant_id tenant_name NOT NULL,
  hold_id text NOT NULL,
  call_id call_name NOT NULL,
  set_at timestamptz NOT NULL,
  set_by text NOT NULL,
  why_sealed text NOT NULL,
  lifted_at timestamptz,
  lifted_by text,
  lift_why_sealed text,
  PRIMARY KEY (tenant_id, hold_id),
  FOREIGN KEY (tenant_id, call_id) REFERENCES calls
);
CREATE INDEX holds_in_force ON legal_holds (tenant_id, call_id) WHERE lifted_at IS NULL;
CREATE INDEX holds_by_time ON legal_holds (tenant_id, set_at DESC, hold_id DESC);

-- Files of recordings: that one is to be deleted is written down first, with what it is, and that it is gone afterwards. From then on
-- the row is the proof and stays as it is. There need be no row of its call.
CREATE TABLE recording_deletions (
  tenant_id tenant_name NOT NULL REFERENCES tenants,
  deletion_id uuid NOT NULL DEFAULT gen_random_uuid(),
  call_id call_name NOT NULL,
  -- Below the recordings folder, as it lay there.
  file text NOT NULL,
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  bytes bigint NOT NULL,
  -- What of the configuration said so, how many days it says, and since when these count.
  rule text NOT NULL,
  days integer NOT NULL CHECK (days > 0),
  kept_since timestamptz NOT NULL,
  -- The run that deleted it.
  run_at timestamptz NOT NULL,
  wanted_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  PRIMARY KEY (tenant_id, deletion_id)
);
CREATE UNIQUE INDEX deletions_wanted ON recording_deletions (tenant_id, file) WHERE deleted_at IS NULL;
CREATE INDEX deletions_by_time ON recording_deletions (tenant_id, deleted_at DESC, deletion_id DESC) WHERE deleted_at IS NOT NULL;
CREATE INDEX deletions_of_call ON recording_deletions (tenant_id, call_id);
CREATE INDEX deletions_of_run ON recording_deletions (tenant_id, run_at) WHERE deleted_at IS NOT NULL;

ALTER TABLE recordings ADD COLUMN deleted_at timestamptz;

-- The last night's work, and the files that were deleted in all of them.
CREATE TABLE retention_runs (
  tenant_id tenant_name PRIMARY KEY REFERENCES tenants,
  at timestamptz NOT NULL,
  deleted bigint NOT NULL DEFAULT 0,
  held bigint NOT NULL DEFAULT 0,
  failed bigint NOT NULL DEFAULT 0,
  -- More were to be deleted than one night may.
  is_limited boolean NOT NULL DEFAULT false
);

CREATE TRIGGER deletion_stays BEFORE UPDATE ON recording_deletions
  FOR EACH ROW WHEN (OLD.deleted_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER deletion_is_kept BEFORE DELETE ON recording_deletions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER hold_stays BEFORE UPDATE ON legal_holds
  FOR EACH ROW WHEN (
    OLD.lifted_at IS NOT NULL
    OR (OLD.hold_id, OLD.call_id, OLD.set_at, OLD.set_by, OLD.why_sealed) IS DISTINCT FROM
       (NEW.hold_id, NEW.call_id, NEW.set_at, NEW.set_by, NEW.why_sealed)
  ) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER hold_is_kept BEFORE DELETE ON legal_holds FOR EACH ROW EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['legal_holds', 'recording_deletions', 'retention_runs'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY own_tenant ON %I '
      'USING (tenant_id = current_setting(''trunkline.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''trunkline.tenant''))',
      name
    );
  END LOOP;
END $$;

-- As before, and nothing of calls that are held, whoever asks.
CREATE OR REPLACE FUNCTION forget_of_calls(what text, names text[]) RETURNS TABLE (call text, gone bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  tenant text := current_setting('trunkline.tenant');
  old text[] := ARRAY(
    SELECT call_id FROM calls
    WHERE tenant_id = tenant AND call_id = ANY (names) AND coalesce(ended_at, started_at) < now() - interval '1 day'
      AND NOT EXISTS (
        SELECT FROM legal_holds AS hold
        WHERE hold.tenant_id = tenant AND hold.call_id = calls.call_id AND hold.lifted_at IS NULL
      )
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

CREATE OR REPLACE FUNCTION forget_states(names text[]) RETURNS TABLE (call text, gone bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH deleted AS (
    DELETE FROM kept_states
    WHERE tenant_id = current_setting('trunkline.tenant') AND call_id = ANY (names) AND keep_until < now() - interval '1 day'
      AND NOT EXISTS (
        SELECT FROM legal_holds AS hold
        WHERE hold.tenant_id = kept_states.tenant_id AND hold.call_id = kept_states.call_id AND hold.lifted_at IS NULL
      )
    RETURNING call_id
  )
  SELECT call_id::text, 1::bigint FROM deleted
$$;
