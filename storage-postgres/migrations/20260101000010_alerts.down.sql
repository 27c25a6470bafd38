SELECT set_config('mcp_registry.tenant', '*', true);

DROP TABLE webhook_delivery, webhook, alert;
ALTER TABLE server_health DROP COLUMN impaired_checks;
