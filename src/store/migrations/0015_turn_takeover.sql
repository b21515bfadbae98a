-- Up Migration

-- Who went on with a turn's answer where whoever began it failed, in order: with its words, and with its sound.
ALTER TABLE turn_latencies ADD COLUMN thought_then text[], ADD COLUMN spoken_then text[];
