-- Watching: the queue of servers that are to be checked, and what their checks are judged by.

SELECT set_config('mcp_registry.tenant', '*', true);

-- A row for each server that is watched. Claims move due_at and leave since; who records the check sets both.
CREATE TABLE server_watch (
    server_id uuid PRIMARY KEY REFERENCES server ON DELETE CASCADE,
    tenant_id uuid REFERENCES tenant,
    due_at timestamptz NOT NULL,
    since timestamptz NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX server_watch_due ON server_watch (due_at, server_id);

ALTER TABLE server_watch ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY server_watch_scope ON server_watch
    USING (tenant_id = (SELECT registry_scope_tenant()) OR (SELECT registry_scope_all()));

-- Servers that are there already are checked within one interval.
INSERT INTO server_watch (server_id, tenant_id, due_at, since)
    SELECT id, tenant_id, at, at
    FROM (SELECT id, tenant_id, now() + random() * health_interval_seconds * interval '1 second' AS at
        FROM server WHERE health_auto AND status IN ('active', 'error')) watched;

ALTER TABLE server ADD COLUMN health_degraded_above_ms integer NOT NULL DEFAULT 5000
    CHECK (health_degraded_above_ms BETWEEN 1 AND 30000);
ALTER TABLE server_health ADD COLUMN last_deep_at timestamptz;
ALTER TABLE health_check
    DROP CONSTRAINT health_check_status_check,
    ADD CONSTRAINT health_check_status_check
        CHECK (status IN ('healthy', 'degraded', 'unhealthy', 'timeout', 'error', 'unknown'));

-- The queue says who is to be checked; without this index a check changes no index of server_health.
DROP INDEX server_health_last_check;
