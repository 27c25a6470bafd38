SELECT set_config('mcp_registry.tenant', '*', true);

DROP TABLE status_change, check_hour, check_day;

ALTER TABLE health_check RENAME TO health_check_parts;
DROP INDEX health_check_tenant, health_check_status;
CREATE TABLE health_check (LIKE health_check_parts INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
INSERT INTO health_check SELECT * FROM health_check_parts;
DROP TABLE health_check_parts;
ALTER TABLE health_check
    ADD CONSTRAINT health_check_id_unique PRIMARY KEY (id),
    ADD FOREIGN KEY (tenant_id) REFERENCES tenant,
    ADD FOREIGN KEY (server_id) REFERENCES server_health ON DELETE CASCADE;
CREATE INDEX health_check_server ON health_check (server_id, performed_at, id);
CREATE INDEX health_check_tenant ON health_check (tenant_id, performed_at);
CREATE INDEX health_check_status ON health_check (status, performed_at);
ALTER TABLE health_check ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY health_check_scope ON health_check
    USING (tenant_id = (SELECT registry_scope_tenant()) OR (SELECT registry_scope_all()));
CREATE POLICY health_check_shared ON health_check FOR SELECT USING (
    EXISTS (SELECT FROM server s WHERE s.id = server_id AND s.is_shared));

DROP FUNCTION registry_latency_bucket(bigint);
DROP FUNCTION registry_drop_partition(text, timestamptz);
DROP FUNCTION registry_add_partition(text, timestamptz);
