-- Up Migration

-- Who told what the caller said in a turn, thought of the answer and spoke it, by the names of the configuration, and how long each
-- took from when it was asked; null where nobody was asked.
ALTER TABLE turn_latencies
  ADD COLUMN heard_by text, ADD COLUMN heard_in_ms double precision,
  ADD COLUMN thought_by text, ADD COLUMN thought_in_ms double precision,
  ADD COLUMN spoken_by text, ADD COLUMN spoken_in_ms double precision;

-- What a call used providers for.
CREATE TABLE call_uses (
  tenant_id tenant_name NOT NULL,
  call_id call_name NOT NULL,
  kind text NOT NULL,
  provider text NOT NULL,
  requests bigint NOT NULL,
  audio_ms bigint NOT NULL,
  characters bigint NOT NULL,
  input_tokens bigint NOT NULL,
  -- Of the input.
  cached_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  cost_micro_usd bigint NOT NULL,
  -- Some of it is guessed, since the provider did not tell.
  is_estimated boolean NOT NULL,
  PRIMARY KEY (tenant_id, call_id, kind, provider),
  FOREIGN KEY (tenant_id, call_id) REFERENCES calls
);
ALTER TABLE call_uses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON call_uses
  USING (tenant_id = current_setting('trunkline.tenant'))
  WITH CHECK (tenant_id = current_setting('trunkline.tenant'));
