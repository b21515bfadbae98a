-- Up Migration

-- When the model began to answer; null where the workflow did.
ALTER TABLE turn_latencies ADD COLUMN first_token_ms double precision;
