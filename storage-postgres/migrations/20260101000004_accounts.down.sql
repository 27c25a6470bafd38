SELECT set_config('mcp_registry.tenant', '*', true);

-- What the old form cannot say goes: keys of users who were removed, and the scope for managing users.
DELETE FROM api_key WHERE live_owner_id IS NULL OR scopes = ARRAY['users:manage'];
UPDATE api_key SET scopes = array_remove(scopes, 'users:manage') WHERE 'users:manage' = ANY (scopes);
ALTER TABLE api_key
    DROP COLUMN live_owner_id,
    ADD FOREIGN KEY (tenant_id, owner_id) REFERENCES app_user (tenant_id, id),
    DROP CONSTRAINT api_key_scopes_check,
    ADD CONSTRAINT api_key_scopes_check CHECK (cardinality(scopes) >= 1 AND scopes <@ ARRAY['server:read',
        'server:write', 'health:check', 'mcp:invoke', 'keys:manage', 'audit:read']);

DROP TABLE preference, ticket, session, user_password, user_identity;
DROP INDEX app_user_name, app_user_acting_admin;
ALTER TABLE app_user DROP COLUMN email, DROP COLUMN search_text, DROP COLUMN updated_at, DROP COLUMN revision;
ALTER TABLE tenant DROP COLUMN disabled, DROP COLUMN requests_per_minute, DROP COLUMN updated_at,
    DROP COLUMN revision;
