-- Up Migration

-- Where calls stand whose workflow takes up calls that broke off. The state goes as soon as nothing can be taken up any more:
-- when the workflow ends the call, when another call has taken it up, and when its time is over.
CREATE TABLE kept_states (
  tenant_id tenant_name NOT NULL,
  call_id call_name NOT NULL,
  workflow text NOT NULL,
  from_index text,
  state_sealed text,
  at timestamptz NOT NULL,
  keep_until timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, call_id),
  FOREIGN KEY (tenant_id, call_id) REFERENCES calls
);
CREATE INDEX kept_states_by_from ON kept_states (tenant_id, from_index, workflow, at DESC) WHERE state_sealed IS NOT NULL;
CREATE INDEX kept_states_by_end ON kept_states (tenant_id, keep_until) WHERE state_sealed IS NOT NULL;
ALTER TABLE kept_states ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON kept_states
  USING (tenant_id = current_setting('trunkline.tenant'))
  WITH CHECK (tenant_id = current_setting('trunkline.tenant'));
