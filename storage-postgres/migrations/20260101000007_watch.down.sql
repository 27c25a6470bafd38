SELECT set_config('mcp_registry.tenant', '*', true);

-- What the old form cannot say is told as a failure to find out.
UPDATE health_check SET status = 'error' WHERE status = 'unknown';
ALTER TABLE health_check
    DROP CONSTRAINT health_check_status_check,
    ADD CONSTRAINT health_check_status_check
        CHECK (status IN ('healthy', 'degraded', 'unhealthy', 'timeout', 'error'));
ALTER TABLE server_health DROP COLUMN last_deep_at;
ALTER TABLE server DROP COLUMN health_degraded_above_ms;
CREATE INDEX server_health_last_check ON server_health (last_check_at NULLS FIRST);
DROP TABLE server_watch;
