ALTER TABLE health_check DROP CONSTRAINT health_check_unique,
    ADD CONSTRAINT health_check_unique PRIMARY KEY (server_id, performed_at, id);

DO $$
DECLARE
    scoped text;
BEGIN
    FOREACH scoped IN ARRAY ARRAY['server_health', 'health_check', 'check_hour', 'check_day', 'status_change'] LOOP
        EXECUTE format('ALTER POLICY %I ON %I USING (
            EXISTS (SELECT FROM server s WHERE s.id = server_id AND s.is_shared))', scoped || '_shared', scoped);
    END LOOP;
END
$$;
