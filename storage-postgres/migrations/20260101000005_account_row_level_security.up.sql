-- The second wall around the tables of accounts.

DO $$
DECLARE
    scoped text;
BEGIN
    FOREACH scoped IN ARRAY ARRAY['user_identity', 'user_password', 'session', 'preference'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', scoped);
        EXECUTE format('CREATE POLICY %I ON %I USING (tenant_id = (SELECT registry_scope_tenant())
            OR (SELECT registry_scope_all()))', scoped || '_scope', scoped);
    END LOOP;
END
$$;

-- Who has a ticket has not signed in yet, so it is no tenant's.
ALTER TABLE ticket ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY ticket_scope ON ticket USING ((SELECT registry_scope_all()));
