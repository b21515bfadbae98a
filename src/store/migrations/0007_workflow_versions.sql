-- Up Migration

-- The versions of workflows: what their texts are never changes, what stands of each follows from the history.
CREATE TABLE workflow_versions (
  tenant_id tenant_name NOT NULL REFERENCES tenants,
  workflow text NOT NULL CHECK (workflow ~ '^[a-z][a-z0-9_]{0,63}$'),
  version integer NOT NULL CHECK (version > 0),
  -- Text by path below the workflows folder: the workflow's own file and all that it includes.
  files jsonb NOT NULL,
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  -- As calls record it; null as long as the text has not been loaded.
  flow_version text,
  author text NOT NULL,
  note text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  state text NOT NULL CHECK (state IN ('draft', 'review', 'approved', 'live', 'retired')),
  -- Of new calls, while it is tried beside the one that is live.
  canary_percent integer CHECK (canary_percent BETWEEN 1 AND 99),
  -- Which was live before it, and who made it live last.
  replaced integer,
  deployed_by text,
  -- What a gate found, as it wrote it.
  gate jsonb,
  gate_passed boolean,
  PRIMARY KEY (tenant_id, workflow, version),
  UNIQUE (tenant_id, workflow, sha256),
  CHECK (canary_percent IS NULL OR state = 'approved'),
  CHECK (flow_version IS NOT NULL OR state IN ('draft', 'retired'))
);
CREATE UNIQUE INDEX workflow_one_live ON workflow_versions (tenant_id, workflow) WHERE state = 'live';
CREATE UNIQUE INDEX workflow_one_canary ON workflow_versions (tenant_id, workflow) WHERE canary_percent IS NOT NULL;
CREATE INDEX workflow_by_flow ON workflow_versions (tenant_id, workflow, flow_version);

-- Who did what, and when; rows are added and never change. `seq` counts a tenant's changes: who knows the last one
-- knows them all.
CREATE TABLE workflow_history (
  tenant_id tenant_name NOT NULL,
  seq bigint NOT NULL,
  workflow text NOT NULL,
  version integer NOT NULL,
  action text NOT NULL,
  -- Null where there was none before.
  from_state text,
  to_state text NOT NULL,
  percent integer,
  who text NOT NULL,
  note text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, seq),
  FOREIGN KEY (tenant_id, workflow, version) REFERENCES workflow_versions
);
CREATE INDEX workflow_history_of ON workflow_history (tenant_id, workflow, seq);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is not to be changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER workflow_history_stays BEFORE UPDATE OR DELETE ON workflow_history
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflow_text_stays BEFORE UPDATE ON workflow_versions
  FOR EACH ROW WHEN (
    (OLD.files, OLD.sha256, OLD.author, OLD.created_at) IS DISTINCT FROM
    (NEW.files, NEW.sha256, NEW.author, NEW.created_at)
  ) EXECUTE FUNCTION refuse_change();

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['workflow_versions', 'workflow_history'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY own_tenant ON %I '
      'USING (tenant_id = current_setting(''trunkline.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''trunkline.tenant''))',
      name
    );
  END LOOP;
END $$;

-- Whether the call was among those that try a version; null for calls of before there were any.
ALTER TABLE calls ADD COLUMN canary boolean;
