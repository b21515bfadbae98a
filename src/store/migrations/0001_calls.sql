-- Up Migration

-- Every table and key leads with the tenant, so that row-level security and sharding need no second thought.
-- The policies compare with a setting that each transaction makes for itself: without it there is no row to see.
-- Columns called *_sealed hold ciphertext of src/compliance/vault.ts, columns called *_index its blind index.
-- Times called *_ms are media milliseconds since answer.

CREATE DOMAIN tenant_name AS text CHECK (VALUE ~ '^[a-z0-9][a-z0-9_-]{0,63}$');
CREATE DOMAIN call_name AS text CHECK (VALUE ~ '^[A-Za-z0-9_-]{1,128}$');

CREATE TABLE tenants (
  tenant_id tenant_name PRIMARY KEY,
  -- Number of the tenant's latest event. Its row is locked while events are added: numbers become visible in order.
  last_seq bigint NOT NULL DEFAULT 0
);

CREATE TABLE events (
  tenant_id tenant_name NOT NULL REFERENCES tenants,
  key text NOT NULL,
  seq bigint NOT NULL,
  call_id call_name NOT NULL,
  at timestamptz NOT NULL,
  type text NOT NULL,
  detail jsonb NOT NULL,
  indexes jsonb NOT NULL,
  PRIMARY KEY (tenant_id, key),
  UNIQUE (tenant_id, seq)
);
CREATE INDEX events_of_call ON events (tenant_id, call_id, seq);

CREATE TABLE calls (
  tenant_id tenant_name NOT NULL REFERENCES tenants,
  call_id call_name NOT NULL,
  state text NOT NULL DEFAULT 'INITIATED' CHECK (state IN (
    'INITIATED', 'RINGING', 'CONNECTED', 'VOICEMAIL_PENDING', 'VOICEMAIL', 'RETRY_SCHEDULED', 'COMPLETED', 'FAILED'
  )),
  direction text,
  line_kind text,
  from_sealed text,
  from_index text,
  to_sealed text,
  to_index text,
  workflow text,
  workflow_version text,
  room text,
  started_at timestamptz NOT NULL,
  answered_at timestamptz,
  ended_at timestamptz,
  end_reason text,
  outcome text,
  duration_ms double precision,
  frames_concealed integer,
  frames_dropped integer,
  PRIMARY KEY (tenant_id, call_id)
);
CREATE INDEX calls_by_start ON calls (tenant_id, started_at DESC, call_id DESC);
CREATE INDEX calls_by_from ON calls (tenant_id, from_index, started_at DESC, call_id DESC);
CREATE INDEX calls_by_state ON calls (tenant_id, state, started_at DESC, call_id DESC);

CREATE TABLE turns (
  tenant_id tenant_name NOT NULL,
  call_id call_name NOT NULL,
  turn integer NOT NULL,
  speaker text NOT NULL CHECK (speaker IN ('agent', 'caller')),
  text_sealed text NOT NULL,
  start_ms double precision NOT NULL,
  end_ms double precision NOT NULL,
  interrupted boolean,
  confidence double precision,
  PRIMARY KEY (tenant_id, call_id, turn, speaker),
  FOREIGN KEY (tenant_id, call_id) REFERENCES calls
);

CREATE TABLE turn_latencies (
  tenant_id tenant_name NOT NULL,
  call_id call_name NOT NULL,
  turn integer NOT NULL,
  last_sound_ms double precision NOT NULL,
  end_of_turn_ms double precision NOT NULL,
  stt_final_ms double precision NOT NULL,
  first_word_ms double precision NOT NULL,
  first_audio_ms double precision NOT NULL,
  first_frame_ms double precision NOT NULL,
  PRIMARY KEY (tenant_id, call_id, turn),
  FOREIGN KEY (tenant_id, call_id) REFERENCES calls
);

CREATE TABLE slots (
  tenant_id tenant_name NOT NULL,
  call_id call_name NOT NULL,
  slot text NOT NULL,
  -- One of both: plain, or sealed where the workflow says that the slot is sensitive.
  value jsonb,
  value_sealed text,
  value_index text,
  confirmed boolean NOT NULL,
  set_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, call_id, slot),
  FOREIGN KEY (tenant_id, call_id) REFERENCES calls,
  CHECK ((value IS NULL) <> (value_sealed IS NULL))
);
CREATE INDEX slots_by_value ON slots (tenant_id, value_index) WHERE value_index IS NOT NULL;

CREATE TABLE quotes (
  tenant_id tenant_name NOT NULL,
  -- Key of the event that made it.
  quote_id text NOT NULL,
  call_id call_name NOT NULL,
  made_at timestamptz NOT NULL,
  currency text NOT NULL,
  lines jsonb NOT NULL,
  total_cents bigint NOT NULL,
  distance_miles double precision NOT NULL,
  booked boolean NOT NULL,
  PRIMARY KEY (tenant_id, quote_id),
  FOREIGN KEY (tenant_id, call_id) REFERENCES calls
);
CREATE INDEX quotes_by_time ON quotes (tenant_id, made_at DESC, quote_id DESC);
CREATE INDEX quotes_of_call ON quotes (tenant_id, call_id, made_at);

CREATE TABLE consents (
  tenant_id tenant_name NOT NULL,
  -- Key of the event that proves it.
  consent_id text NOT NULL,
  call_id call_name NOT NULL,
  kind text NOT NULL,
  granted boolean NOT NULL,
  given_ms double precision NOT NULL,
  given_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, consent_id),
  FOREIGN KEY (tenant_id, call_id) REFERENCES calls
);
CREATE INDEX consents_of_call ON consents (tenant_id, call_id, given_at);

CREATE TABLE recordings (
  tenant_id tenant_name NOT NULL,
  call_id call_name NOT NULL,
  -- Below the recordings folder.
  file text NOT NULL,
  -- Media time of the first sample.
  start_ms double precision,
  rate_hz integer,
  duration_ms double precision,
  bytes bigint,
  PRIMARY KEY (tenant_id, call_id, file),
  FOREIGN KEY (tenant_id, call_id) REFERENCES calls
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'tenants', 'events', 'calls', 'turns', 'turn_latencies', 'slots', 'quotes', 'consents', 'recordings'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
      'CREATE POLICY own_tenant ON %I '
      'USING (tenant_id = current_setting(''trunkline.tenant'')) '
      'WITH CHECK (tenant_id = current_setting(''trunkline.tenant''))',
      name
    );
  END LOOP;
END $$;

-- Proof that the key file in use is the one that sealed this database. Of the node, not of a tenant.
CREATE TABLE node.sealing_keys (
  key_id text PRIMARY KEY,
  seal_proof text NOT NULL,
  index_proof text NOT NULL
);
