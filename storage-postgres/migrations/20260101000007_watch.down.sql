SELECT set_config('mcp_registry.tenant', '*', true);

CREATE INDEX server_health_last_check ON server_health (last_check_at NULLS FIRST);
DROP TABLE server_watch;
