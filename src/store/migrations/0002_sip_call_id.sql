-- Up Migration

-- Call-ID of the SIP dialog (RFC 3261, section 8.1.1.4), by which both ends and every carrier between them name a call.
ALTER TABLE calls ADD COLUMN sip_call_id_sealed text, ADD COLUMN sip_call_id_index text;
CREATE INDEX calls_by_sip_call_id ON calls (tenant_id, sip_call_id_index) WHERE sip_call_id_index IS NOT NULL;
