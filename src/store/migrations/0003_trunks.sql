-- Up Migration

-- The trunk by which a phone call came, and what its headers said of it (`attributes` of the trunk), as sealed JSON.
ALTER TABLE calls ADD COLUMN trunk text, ADD COLUMN attributes_sealed text;
