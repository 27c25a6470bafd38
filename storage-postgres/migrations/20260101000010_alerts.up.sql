-- Alerts.

SELECT set_config('mcp_registry.tenant', '*', true);

-- Answers in a row that were slow or in part.
ALTER TABLE server_health
    ADD COLUMN impaired_checks bigint NOT NULL DEFAULT 0 CHECK (impaired_checks >= 0);

CREATE TABLE alert (
    id uuid CONSTRAINT alert_id_unique PRIMARY KEY,
    tenant_id uuid REFERENCES tenant ON DELETE CASCADE,
    alert_type text COLLATE "C" NOT NULL CHECK (alert_type IN ('health', 'performance', 'security', 'quota')),
    -- Not listed: what alerts are raised for grows with the product, and the reader refuses what it does not know.
    cause text COLLATE "C" NOT NULL CHECK (cause ~ '^[a-z_]{1,64}$'),
    severity text COLLATE "C" NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    subject_kind text COLLATE "C" NOT NULL
        CHECK (subject_kind IN ('server', 'api_key', 'user', 'webhook', 'address')),
    subject json NOT NULL,
    -- Of the subject, what decides who sees the alert. No foreign keys: it outlives what it is about.
    server_id uuid,
    owner_id uuid,
    created_by uuid,
    -- Subject and cause: what tells unresolved alerts apart.
    alert_key text COLLATE "C" NOT NULL,
    message text COLLATE "C" NOT NULL CHECK (char_length(message) <= 500),
    occurrences bigint NOT NULL CHECK (occurrences >= 1),
    triggered_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    resolved_at timestamptz,
    resolved_by uuid,
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
);
CREATE UNIQUE INDEX alert_unresolved ON alert (alert_key) WHERE resolved_at IS NULL;
CREATE INDEX alert_triggered ON alert (triggered_at, id);
CREATE INDEX alert_tenant ON alert (tenant_id, triggered_at, id);
CREATE INDEX alert_server ON alert (server_id, triggered_at, id) WHERE server_id IS NOT NULL;
CREATE INDEX alert_resolved ON alert (resolved_at) WHERE resolved_at IS NOT NULL;

ALTER TABLE alert ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY alert_scope ON alert
    USING (tenant_id = (SELECT registry_scope_tenant()) OR (SELECT registry_scope_all()));
CREATE POLICY alert_shared ON alert FOR SELECT USING (subject_kind = 'server'
    AND EXISTS (SELECT FROM server s WHERE s.id = server_id AND s.is_shared));

-- Webhooks; without a tenant, one of every tenant's alerts. No CHECK on the secrets: its message would show the row.
CREATE TABLE webhook (
    id uuid CONSTRAINT webhook_id_unique PRIMARY KEY,
    tenant_id uuid REFERENCES tenant ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL,
    url text COLLATE "C" NOT NULL,
    alert_types text[] COLLATE "C" NOT NULL,
    min_severity text COLLATE "C" NOT NULL,
    enabled boolean NOT NULL,
    secret text COLLATE "C" NOT NULL,
    previous_secret text COLLATE "C",
    previous_valid_until timestamptz,
    -- What deliveries write.
    failing_since timestamptz,
    last_success_at timestamptz,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX webhook_tenant ON webhook (tenant_id, created_at, id);

CREATE TABLE webhook_delivery (
    id uuid CONSTRAINT webhook_delivery_id_unique PRIMARY KEY,
    webhook_id uuid NOT NULL REFERENCES webhook ON DELETE CASCADE,
    tenant_id uuid,
    event text COLLATE "C" NOT NULL,
    alert_id uuid NOT NULL,
    body text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL CHECK (status IN ('pending', 'delivered', 'dead')),
    attempts bigint NOT NULL CHECK (attempts >= 0),
    next_attempt_at timestamptz NOT NULL,
    last_status bigint,
    last_error text COLLATE "C",
    created_at timestamptz NOT NULL,
    finished_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX webhook_delivery_due ON webhook_delivery (next_attempt_at, id) WHERE status = 'pending';
CREATE INDEX webhook_delivery_webhook ON webhook_delivery (webhook_id, created_at, id);
CREATE INDEX webhook_delivery_last ON webhook_delivery (coalesce(finished_at, next_attempt_at));

DO $$
DECLARE
    scoped text;
BEGIN
    FOREACH scoped IN ARRAY ARRAY['webhook', 'webhook_delivery'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', scoped);
        EXECUTE format('CREATE POLICY %I ON %I USING (tenant_id = (SELECT registry_scope_tenant())
            OR (SELECT registry_scope_all()))', scoped || '_scope', scoped);
    END LOOP;
END
$$;

-- Until when the secret of a rotation that nobody asked for waits for the key's owner.
ALTER TABLE api_key ADD COLUMN unclaimed_until timestamptz;
CREATE INDEX api_key_rotates ON api_key (id) WHERE auto_rotate AND revoked_at IS NULL;

ALTER TABLE ticket DROP CONSTRAINT ticket_purpose_check,
    ADD CONSTRAINT ticket_purpose_check CHECK (purpose IN ('setup', 'oidc', 'key_claim'));
