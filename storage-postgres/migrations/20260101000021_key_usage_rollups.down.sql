SELECT set_config('mcp_registry.tenant', '*', true);

DROP TABLE key_usage_day, key_usage_hour;
