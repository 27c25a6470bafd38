DO $$
DECLARE
    policy record;
    scoped text;
BEGIN
    FOR policy IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = current_schema() LOOP
        EXECUTE format('DROP POLICY %I ON %I', policy.policyname, policy.tablename);
    END LOOP;
    FOREACH scoped IN ARRAY ARRAY['tenant', 'app_user', 'server', 'server_health', 'server_count', 'server_tag',
        'server_usage', 'api_key', 'api_key_digest', 'key_usage', 'health_check', 'audit_entry', 'audit_head']
    LOOP
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', scoped);
    END LOOP;
END
$$;
DROP FUNCTION registry_scope_tenant, registry_scope_all;
