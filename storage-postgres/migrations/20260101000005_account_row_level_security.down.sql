DO $$
DECLARE
    scoped text;
BEGIN
    FOREACH scoped IN ARRAY ARRAY['user_identity', 'user_password', 'session', 'preference', 'ticket'] LOOP
        EXECUTE format('DROP POLICY %I ON %I', scoped || '_scope', scoped);
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', scoped);
    END LOOP;
END
$$;
