-- Up Migration

-- What was retired can be drafted anew, as a version of its own. Of those that are not retired a text is one once, but for a
-- retired one that a rollback makes live again: `add` sees to it.
ALTER TABLE workflow_versions DROP CONSTRAINT workflow_versions_tenant_id_workflow_sha256_key;
CREATE INDEX workflow_by_text ON workflow_versions (tenant_id, workflow, sha256);
