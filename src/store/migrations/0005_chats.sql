-- Up Migration

-- Where each text chat stands. A chat is a call (`line_kind` chat) whose events are added in the transaction that moves it
-- on, so that what was answered and what is known of it can't differ.
CREATE TABLE chats (
  tenant_id tenant_name NOT NULL,
  chat_id call_name NOT NULL,
  workflow text NOT NULL,
  stage text NOT NULL,
  -- The conversation's state as JSON; null once the chat is over.
  state_sealed text,
  started_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  -- Events and turns of its record, and messages answered, so far.
  events integer NOT NULL,
  turns integer NOT NULL,
  messages integer NOT NULL,
  PRIMARY KEY (tenant_id, chat_id),
  FOREIGN KEY (tenant_id, chat_id) REFERENCES calls
);
CREATE INDEX chats_open ON chats (tenant_id, last_at) WHERE state_sealed IS NOT NULL;
ALTER TABLE chats ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON chats
  USING (tenant_id = current_setting('trunkline.tenant'))
  WITH CHECK (tenant_id = current_setting('trunkline.tenant'));
