-- Checks of many servers that somebody asked for at once. They are forgotten after an hour.

CREATE TABLE health_job (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenant ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    job json NOT NULL
);
CREATE INDEX health_job_created ON health_job (created_at);
CREATE INDEX health_job_tenant ON health_job (tenant_id);

ALTER TABLE health_job ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY health_job_scope ON health_job
    USING (tenant_id = (SELECT registry_scope_tenant()) OR (SELECT registry_scope_all()));
