-- 10,000 servers of one tenant with the history of their health and of their calls. $SERVERS, $DAYS, $SECONDS between two
-- checks of a server, and $DENSE servers that are checked every 300 s, are put in their places by the program.

SELECT set_config('mcp_registry.tenant', '*', false);

INSERT INTO server (id, tenant_id, owner_id, name, name_key, slug, search_text, version, transport, endpoint_url,
    auth_type, auth, metadata, tags, is_public, settings, health_auto, health_interval_seconds, health_timeout_seconds,
    health_retries, alert_threshold, status, created_at, updated_at, revision)
SELECT gen_random_uuid(), u.tenant_id, u.id, 'Server ' || i, 'server ' || i, 'server-' || i, 'server ' || i || E'\n',
    '1.0.0', 'http', 'https://mcp.example.com/' || i, 'none', '{"type":"none"}', '{}', '{}', i % 50 = 0,
    '{"timeout_ms":30000,"max_retries":2,"backoff_ms":500,"rate_limit":null,"cache_ttl_seconds":null}', true, 300, 10, 0,
    3, (ARRAY['active', 'active', 'active', 'inactive', 'error'])[1 + i % 5], now(), now(), 1
FROM (SELECT * FROM app_user ORDER BY created_at LIMIT 1) u, generate_series(1, $SERVERS) i;

INSERT INTO server_health (server_id, tenant_id, status, consecutive_failures, checks, successes, total_response_us)
SELECT id, tenant_id, (ARRAY['healthy', 'healthy', 'healthy', 'degraded', 'unhealthy'])[1 + (random() * 4)::integer], 0,
    8640, 8600, 8600 * 40000 FROM server;

-- What is left to be checked at the end of the transaction would keep tables from being altered.
SET CONSTRAINTS ALL IMMEDIATE;

SELECT registry_add_partition('health_check', now() - d * interval '1 day') FROM generate_series(-1, $DAYS) d;

-- Their foreign keys are checked for all rows at once.
DO $$
DECLARE
    key record;
BEGIN
    FOR key IN SELECT conrelid::regclass AS owner, conname FROM pg_constraint
        WHERE contype = 'f' AND conparentid = 0 AND conrelid IN ('health_check'::regclass, 'check_hour'::regclass,
            'usage_hour'::regclass) LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', key.owner, key.conname);
    END LOOP;
END
$$;

INSERT INTO health_check (id, tenant_id, server_id, performed_at, check_type, deep, status, response_time_us,
    connectivity, authentication, capabilities, protocol_version)
SELECT gen_random_uuid(), s.tenant_id, s.id, at + (s.n % 300) * interval '1 s', 'scheduled', false,
    CASE WHEN random() < 0.98 THEN 'healthy' WHEN random() < 0.5 THEN 'degraded' ELSE 'timeout' END,
    20000 + (random() * 60000)::integer, true, true, '["tools","resources","prompts"]', '"2025-11-25"'
FROM generate_series(1, $DAYS) day,
    (SELECT *, row_number() OVER (ORDER BY name_key) AS n FROM server) s,
    generate_series(now() - day * interval '1 day', now() - (day - 1) * interval '1 day' - interval '1 s',
        CASE WHEN s.n <= $DENSE THEN 300 ELSE $SECONDS END * interval '1 s') at;

-- As if each had been checked every 300 s.
INSERT INTO check_hour SELECT id, tenant_id, date_trunc('hour', now() - h * interval '1 hour', 'UTC'), 12, 12, 0, 0, 480000,
    '[40:47]={1,1,2,3,2,1,1,1}' FROM server, generate_series(0, $DAYS * 24 - 1) h;
INSERT INTO check_day SELECT id, tenant_id, date_trunc('day', now() - d * interval '1 day', 'UTC'), 288, 286, 2, 2, 11520000,
    '[38:50]={3,9,14,22,40,60,52,40,22,12,7,4,1}' FROM server, generate_series(0, 89) d;
INSERT INTO status_change SELECT id, tenant_id, now() - random() * $DAYS * interval '1 day', gen_random_uuid(), 'healthy',
    'degraded' FROM server, generate_series(1, 10);

-- As if each were called every minute.
INSERT INTO usage_hour SELECT id, tenant_id, date_trunc('hour', now() - h * interval '1 hour', 'UTC'), 60, 1, 1, 0, 0, 0,
    12000, 60000, 2400000, 39, '{4,9,14,12,9,6,3,2,1}' FROM server, generate_series(0, $DAYS * 24 - 1) h;
INSERT INTO usage_total SELECT t.tenant_id, 'hour', date_trunc('hour', now() - h * interval '1 hour', 'UTC'), 600000, 10000,
    10000, 0, 0, 0, 120000000, 600000000, 24000000000, 39, '{40000,90000,140000,120000,90000,60000,30000,20000,10000}'
FROM (SELECT DISTINCT tenant_id FROM app_user UNION ALL SELECT NULL) t, generate_series(0, $DAYS * 24 - 1) h;
INSERT INTO usage_total SELECT t.tenant_id, 'minute', date_trunc('minute', now() - m * interval '1 minute', 'UTC'), 10000,
    166, 166, 0, 0, 0, 2000000, 10000000, 400000000, 39, '{667,1500,2333,2000,1500,1000,500,333,167}'
FROM (SELECT DISTINCT tenant_id FROM app_user UNION ALL SELECT NULL) t, generate_series(0, 49 * 60) m;

ALTER TABLE health_check ADD FOREIGN KEY (server_id) REFERENCES server_health ON DELETE CASCADE,
    ADD FOREIGN KEY (tenant_id) REFERENCES tenant;
ALTER TABLE check_hour ADD FOREIGN KEY (server_id) REFERENCES server_health ON DELETE CASCADE,
    ADD FOREIGN KEY (tenant_id) REFERENCES tenant;
ALTER TABLE usage_hour ADD FOREIGN KEY (server_id) REFERENCES server ON DELETE CASCADE;
