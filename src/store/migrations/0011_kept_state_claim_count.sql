-- Up Migration

-- Calls that were given the state: each may guess what only its caller knows.
ALTER TABLE kept_states ADD COLUMN claims smallint NOT NULL DEFAULT 0;
