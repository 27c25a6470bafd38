SELECT set_config('mcp_registry.tenant', '*', true);

DROP INDEX server_health_by_status, server_with_dependencies;
DROP FUNCTION registry_first_bucket(integer, bigint[], integer, bigint[]);
DROP FUNCTION registry_add_histograms(integer, bigint[], integer, bigint[]);
DROP TABLE usage_total, usage_day, usage_hour, usage_minute;
