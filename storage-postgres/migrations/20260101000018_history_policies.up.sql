-- What is shared is looked for only where a row is not the tenant's own: the search reads every shared server, and was made
-- for each partition.

DO $$
DECLARE
    scoped text;
BEGIN
    FOREACH scoped IN ARRAY ARRAY['server_health', 'health_check', 'check_hour', 'check_day', 'status_change'] LOOP
        EXECUTE format('ALTER POLICY %I ON %I USING (NOT (SELECT registry_scope_all())
            AND tenant_id IS DISTINCT FROM (SELECT registry_scope_tenant())
            AND EXISTS (SELECT FROM server s WHERE s.id = server_id AND s.is_shared))', scoped || '_shared', scoped);
    END LOOP;
END
$$;

-- With the tenant in it, the wall is passed without the rows themselves, which a total need not read.
ALTER TABLE health_check DROP CONSTRAINT health_check_unique,
    ADD CONSTRAINT health_check_unique PRIMARY KEY (server_id, performed_at, id) INCLUDE (tenant_id);
