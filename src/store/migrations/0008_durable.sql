-- Up Migration

-- Every run of a tool: whether it was done, and what is needed to ask its receiver again by the same key.
CREATE TABLE tool_runs (
  tenant_id tenant_name NOT NULL,
  run text NOT NULL,
  call_id call_name NOT NULL,
  tool text NOT NULL,
  workflow text,
  -- Idempotency-Key, and whether its receiver does nothing twice for it.
  key text,
  is_keyed boolean NOT NULL DEFAULT false,
  -- Under which the workflow itself wanted it.
  act text,
  arguments_sealed text NOT NULL,
  request_sealed text,
  begun_at timestamptz NOT NULL,
  -- Null while it is under way; of a call that is over nobody knows then.
  outcome text CHECK (outcome IN ('done', 'failed', 'unknown')),
  why text,
  attempts integer,
  http_status integer,
  ended_at timestamptz,
  PRIMARY KEY (tenant_id, run),
  FOREIGN KEY (tenant_id, call_id) REFERENCES calls
);
CREATE INDEX tool_runs_by_time ON tool_runs (tenant_id, begun_at DESC, run DESC);
CREATE INDEX tool_runs_of_call ON tool_runs (tenant_id, call_id, begun_at);
CREATE INDEX tool_runs_unknown ON tool_runs (tenant_id, begun_at DESC, run DESC) WHERE outcome IS DISTINCT FROM 'done';

-- What is to be told to others after it was said in a call, until they have it. One row an effect, whoever told of it.
CREATE TABLE outbox (
  tenant_id tenant_name NOT NULL,
  effect_id text NOT NULL,
  call_id call_name NOT NULL,
  workflow text NOT NULL,
  tool text NOT NULL,
  arguments_sealed text NOT NULL,
  wanted_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'givenUp')),
  attempts integer NOT NULL DEFAULT 0,
  why text,
  http_status integer,
  settled_at timestamptz,
  PRIMARY KEY (tenant_id, effect_id),
  FOREIGN KEY (tenant_id, call_id) REFERENCES calls
);
CREATE INDEX outbox_waiting ON outbox (tenant_id, wanted_at) WHERE state = 'waiting';
CREATE INDEX outbox_by_time ON outbox (tenant_id, wanted_at DESC, effect_id DESC);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tool_runs', 'outbox'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY own_tenant ON %I '
      'USING (tenant_id = current_setting(''trunkline.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''trunkline.tenant''))',
      name
    );
  END LOOP;
END $$;
