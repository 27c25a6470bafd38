-- Accounts: tenants and users that are changed and removed, and with what users sign in.

-- Rows that are there already are changed too; without a scope the row-level security would hide them.
SELECT set_config('mcp_registry.tenant', '*', true);

ALTER TABLE tenant
    ADD COLUMN disabled boolean NOT NULL DEFAULT false,
    ADD COLUMN requests_per_minute integer CHECK (requests_per_minute BETWEEN 1 AND 1000000),
    ADD COLUMN updated_at timestamptz,
    ADD COLUMN revision bigint NOT NULL DEFAULT 1 CHECK (revision >= 1);
UPDATE tenant SET updated_at = created_at;
ALTER TABLE tenant ALTER COLUMN disabled DROP DEFAULT, ALTER COLUMN updated_at SET NOT NULL,
    ALTER COLUMN revision DROP DEFAULT;

ALTER TABLE app_user
    ADD COLUMN email text COLLATE "C" CHECK (char_length(email) BETWEEN 3 AND 254),
    -- User name, display name and e-mail address as names are compared, which only the service can compute:
    -- NULL until it has done so, which is the last part of migrating.
    ADD COLUMN search_text text COLLATE "C",
    ADD COLUMN updated_at timestamptz,
    ADD COLUMN revision bigint NOT NULL DEFAULT 1 CHECK (revision >= 1);
UPDATE app_user SET updated_at = created_at;
ALTER TABLE app_user ALTER COLUMN updated_at SET NOT NULL, ALTER COLUMN revision DROP DEFAULT;

-- Over all tenants: for administrators, and for who signs in without naming one.
CREATE INDEX app_user_name ON app_user (name_key, tenant_id, id);
CREATE INDEX app_user_acting_admin ON app_user (tenant_id) WHERE role = 'admin' AND NOT disabled;
CREATE INDEX app_user_unsearchable ON app_user (id) WHERE search_text IS NULL;

CREATE TABLE user_identity (
    issuer text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    user_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    -- Where it stands among the user's own.
    position integer NOT NULL CHECK (position >= 1),
    CONSTRAINT user_identity_unique PRIMARY KEY (issuer, subject),
    FOREIGN KEY (tenant_id, user_id) REFERENCES app_user (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX user_identity_user ON user_identity (user_id, position);

-- A table of its own, so that what reads users does not read hashes. No CHECK: its message would show the row.
CREATE TABLE user_password (
    user_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    hash text COLLATE "C" NOT NULL,
    FOREIGN KEY (tenant_id, user_id) REFERENCES app_user (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE session (
    id uuid CONSTRAINT session_id_unique PRIMARY KEY,
    digest bytea NOT NULL CONSTRAINT session_digest_unique UNIQUE CHECK (octet_length(digest) = 32),
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL,
    method text COLLATE "C" NOT NULL CHECK (method IN ('password', 'oidc', 'setup')),
    ip_address text COLLATE "C",
    user_agent text COLLATE "C",
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (tenant_id, user_id) REFERENCES app_user (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX session_of_user ON session (user_id, created_at, id);
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX session_seen ON session (last_seen_at);

CREATE TABLE ticket (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    purpose text COLLATE "C" NOT NULL CHECK (purpose IN ('setup', 'oidc')),
    expires_at timestamptz NOT NULL,
    data text COLLATE "C"
);
CREATE INDEX ticket_expires ON ticket (expires_at);

CREATE TABLE preference (
    user_id uuid NOT NULL,
    server_id uuid NOT NULL REFERENCES server ON DELETE CASCADE,
    -- The user's. The server may be of any.
    tenant_id uuid NOT NULL,
    is_enabled boolean NOT NULL,
    display_order integer NOT NULL,
    custom_settings json NOT NULL CHECK (json_typeof(custom_settings) = 'object'),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, server_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES app_user (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX preference_server ON preference (server_id);

-- Whose the key is, for ever, stays in owner_id; here is the same while that user is there.
ALTER TABLE api_key ADD COLUMN live_owner_id uuid;
UPDATE api_key SET live_owner_id = owner_id;
ALTER TABLE api_key
    DROP CONSTRAINT api_key_tenant_id_owner_id_fkey,
    ADD CONSTRAINT api_key_live_owner FOREIGN KEY (tenant_id, live_owner_id) REFERENCES app_user (tenant_id, id),
    ADD CONSTRAINT api_key_one_owner CHECK (live_owner_id IS NULL OR live_owner_id = owner_id),
    DROP CONSTRAINT api_key_scopes_check,
    ADD CONSTRAINT api_key_scopes_check CHECK (cardinality(scopes) >= 1 AND scopes <@ ARRAY['server:read',
        'server:write', 'health:check', 'mcp:invoke', 'keys:manage', 'audit:read', 'users:manage']);
CREATE INDEX api_key_of_live_owner ON api_key (live_owner_id) WHERE live_owner_id IS NOT NULL;
