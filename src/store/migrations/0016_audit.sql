-- Up Migration

-- Who looked at what of a person, and when: rows are added and never change, each with the hash of all before it
-- (src/compliance/audit_chain.ts), so that one that was changed or taken out is found.
CREATE TABLE audit_entries (
  -- Refers to nothing: it would wait for those who add events.
  tenant_id tenant_name NOT NULL,
  seq bigint NOT NULL CHECK (seq > 0),
  at timestamptz NOT NULL,
  -- As they called themselves; null where they did not.
  who text,
  action text NOT NULL,
  call_id call_name,
  fields text[] NOT NULL,
  request_id text NOT NULL,
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX audit_of_call ON audit_entries (tenant_id, call_id, seq);
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON audit_entries
  USING (tenant_id = current_setting('trunkline.tenant'))
  WITH CHECK (tenant_id = current_setting('trunkline.tenant'));
