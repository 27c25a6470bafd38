-- The second wall: whatever a statement says, it sees and changes only what the setting mcp_registry.tenant
-- allows. That is a tenant's id, or '*' for administrators and the service itself. Unset means nothing.
-- Forced, so that it holds for the tables' owner, as which the service connects.

CREATE FUNCTION registry_scope_all() RETURNS boolean STABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT coalesce(current_setting('mcp_registry.tenant', true), '') = '*'
$$;

CREATE FUNCTION registry_scope_tenant() RETURNS uuid STABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT CASE WHEN current_setting('mcp_registry.tenant', true) NOT IN ('', '*')
        THEN current_setting('mcp_registry.tenant', true)::uuid END
$$;

-- Each function is called in a sub-select, which PostgreSQL evaluates once for a statement, not for each row.

ALTER TABLE tenant ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_scope ON tenant
    USING (id = (SELECT registry_scope_tenant()) OR (SELECT registry_scope_all()));

DO $$
DECLARE
    scoped text;
BEGIN
    FOREACH scoped IN ARRAY ARRAY['app_user', 'api_key', 'api_key_digest', 'key_usage'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', scoped);
        EXECUTE format('CREATE POLICY %I ON %I USING (tenant_id = (SELECT registry_scope_tenant())
            OR (SELECT registry_scope_all()))', scoped || '_scope', scoped);
    END LOOP;

    -- Here everybody reads what is shared, and writes only what is the tenant's own.
    FOREACH scoped IN ARRAY ARRAY['server', 'server_count', 'server_tag'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', scoped);
        EXECUTE format('CREATE POLICY %I ON %I USING (tenant_id = (SELECT registry_scope_tenant())
            OR (SELECT registry_scope_all()))', scoped || '_scope', scoped);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (is_shared
            AND (SELECT registry_scope_tenant()) IS NOT NULL)', scoped || '_shared', scoped);
    END LOOP;
    FOREACH scoped IN ARRAY ARRAY['server_health', 'health_check', 'server_usage'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', scoped);
        EXECUTE format('CREATE POLICY %I ON %I USING (tenant_id = (SELECT registry_scope_tenant())
            OR (SELECT registry_scope_all()))', scoped || '_scope', scoped);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (
            EXISTS (SELECT FROM server s WHERE s.id = server_id AND s.is_shared))', scoped || '_shared', scoped);
    END LOOP;

    -- No policy for UPDATE or DELETE of entries: the log only grows.
    ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    ALTER TABLE audit_head ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
END
$$;

CREATE POLICY audit_entry_read ON audit_entry FOR SELECT
    USING (tenant_id = (SELECT registry_scope_tenant()) OR (SELECT registry_scope_all()));
CREATE POLICY audit_entry_append ON audit_entry FOR INSERT
    WITH CHECK (tenant_id = (SELECT registry_scope_tenant()) OR (SELECT registry_scope_all()));
CREATE POLICY audit_head_scope ON audit_head
    USING (tenant_id = (SELECT registry_scope_tenant()) OR (SELECT registry_scope_all()));
