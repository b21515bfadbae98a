-- Up Migration

-- An effect whose delivery broke: it may be with its receiver or not, and nobody tries it again.
ALTER TABLE outbox DROP CONSTRAINT outbox_state_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_state_check
  CHECK (state IN ('waiting', 'delivered', 'givenUp', 'unknown'));
CREATE INDEX outbox_by_state ON outbox (tenant_id, state, wanted_at DESC, effect_id DESC);
