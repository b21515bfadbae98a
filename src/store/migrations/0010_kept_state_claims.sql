-- Up Migration

-- The call that has been given the state, so that two calls of one number at once do not go on with the same one. It is nobody's again
-- when that call is over and has not gone on with it.
ALTER TABLE kept_states ADD COLUMN claimed_by call_name, ADD COLUMN claimed_at timestamptz;
