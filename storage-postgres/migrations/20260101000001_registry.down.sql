DROP TABLE audit_head, audit_entry, server_usage, key_usage, health_check, api_key_digest, api_key,
    server_health, server, app_user, tenant;
