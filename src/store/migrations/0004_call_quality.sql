-- Up Migration

-- What the measured seconds of a call come to; the seconds themselves are in its events (`call.measured`).
-- `caller` is the way from the caller to the agent, `agent` the other. Scores are mean opinion scores (ITU-T G.107).
CREATE TABLE call_quality (
  tenant_id tenant_name NOT NULL,
  call_id call_name NOT NULL,
  seconds integer NOT NULL,
  -- Over the seconds in which they are known.
  caller_mos_mean double precision,
  caller_mos_seconds integer NOT NULL,
  caller_mos_least double precision,
  agent_mos_mean double precision,
  agent_mos_seconds integer NOT NULL,
  agent_mos_least double precision,
  talk_over_ms double precision NOT NULL,
  dead_air_ms double precision NOT NULL,
  clipped_samples double precision NOT NULL,
  concealed_frames double precision NOT NULL,
  -- The second with the lower score of both ways, and which that was.
  worst_ms double precision,
  worst_mos double precision,
  PRIMARY KEY (tenant_id, call_id),
  FOREIGN KEY (tenant_id, call_id) REFERENCES calls
);
ALTER TABLE call_quality ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON call_quality
  USING (tenant_id = current_setting('trunkline.tenant'))
  WITH CHECK (tenant_id = current_setting('trunkline.tenant'));
