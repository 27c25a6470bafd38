SELECT set_config('mcp_registry.tenant', '*', true);

DELETE FROM ticket WHERE purpose = 'key_claim';
ALTER TABLE ticket DROP CONSTRAINT ticket_purpose_check,
    ADD CONSTRAINT ticket_purpose_check CHECK (purpose IN ('setup', 'oidc'));
ALTER TABLE api_key DROP COLUMN unclaimed_until;
DROP INDEX api_key_rotates;
DROP TABLE webhook_delivery, webhook, alert;
ALTER TABLE server_health DROP COLUMN impaired_checks;
