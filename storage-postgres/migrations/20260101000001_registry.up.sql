-- The registry's tables. Every text column that is compared or sorted has COLLATE "C": byte by byte, whatever
-- the database's own collation says. The next migration adds the row-level security.

CREATE TABLE tenant (
    id uuid CONSTRAINT tenant_id_unique PRIMARY KEY,
    name text COLLATE "C" NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    name_key text COLLATE "C" NOT NULL CONSTRAINT tenant_name_unique UNIQUE,
    created_at timestamptz NOT NULL,
    -- The nil UUID is the audit chain of what belongs to no tenant.
    CHECK (id <> '00000000-0000-0000-0000-000000000000')
);

CREATE TABLE app_user (
    id uuid CONSTRAINT app_user_id_unique PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenant,
    role text COLLATE "C" NOT NULL CHECK (role IN ('admin', 'server_owner', 'user')),
    username text COLLATE "C" NOT NULL CHECK (char_length(username) BETWEEN 1 AND 100),
    name_key text COLLATE "C" NOT NULL,
    display_name text COLLATE "C" CHECK (char_length(display_name) BETWEEN 1 AND 100),
    disabled boolean NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT app_user_name_unique UNIQUE (tenant_id, name_key),
    -- What a key's owner is referred to by.
    UNIQUE (tenant_id, id)
);

-- What people change. What checks and calls change is in tables of its own (server_health, server_usage), so
-- that these pages rest and the lists below can be read from their indexes alone.
CREATE TABLE server (
    id uuid CONSTRAINT server_id_unique PRIMARY KEY,
    tenant_id uuid REFERENCES tenant,
    owner_id uuid NOT NULL REFERENCES app_user,
    name text COLLATE "C" NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    name_key text COLLATE "C" NOT NULL,
    slug text COLLATE "C" NOT NULL,
    search_text text COLLATE "C" NOT NULL,
    description text COLLATE "C" CHECK (char_length(description) <= 500),
    version text COLLATE "C" NOT NULL CHECK (char_length(version) BETWEEN 5 AND 50),
    transport text COLLATE "C" NOT NULL CHECK (transport IN ('http', 'websocket', 'stdio', 'sse')),
    endpoint_url text COLLATE "C" NOT NULL,
    auth_type text COLLATE "C" NOT NULL
        CHECK (auth_type IN ('none', 'bearer', 'api_key', 'oauth', 'custom')),
    -- json, not jsonb: it keeps numbers as they were written.
    auth json NOT NULL,
    metadata json NOT NULL CHECK (json_typeof(metadata) = 'object'),
    tags text[] COLLATE "C" NOT NULL CHECK (cardinality(tags) <= 10),
    category text COLLATE "C" CHECK (char_length(category) BETWEEN 1 AND 50),
    is_public boolean NOT NULL,
    is_shared boolean NOT NULL GENERATED ALWAYS AS (is_public OR tenant_id IS NULL) STORED,
    settings json NOT NULL CHECK (json_typeof(settings) = 'object'),
    health_auto boolean NOT NULL,
    health_interval_seconds integer NOT NULL CHECK (health_interval_seconds BETWEEN 60 AND 3600),
    health_timeout_seconds integer NOT NULL CHECK (health_timeout_seconds BETWEEN 1 AND 30),
    health_retries integer NOT NULL CHECK (health_retries BETWEEN 0 AND 10),
    alert_threshold integer NOT NULL CHECK (alert_threshold BETWEEN 1 AND 100),
    status text COLLATE "C" NOT NULL CHECK (status IN ('active', 'inactive', 'error', 'maintenance')),
    api_key_id uuid,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL CHECK (revision >= 1),
    CONSTRAINT server_slug_unique UNIQUE NULLS NOT DISTINCT (tenant_id, slug)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.02);

-- The four sorts within a tenant, with any status and with one.
CREATE INDEX server_tenant_name ON server (tenant_id, name_key, id) INCLUDE (is_shared);
CREATE INDEX server_tenant_created ON server (tenant_id, created_at, id) INCLUDE (is_shared);
CREATE INDEX server_tenant_updated ON server (tenant_id, updated_at, id) INCLUDE (is_shared);
CREATE INDEX server_tenant_status ON server (tenant_id, status, id) INCLUDE (is_shared);
CREATE INDEX server_tenant_status_name ON server (tenant_id, status, name_key, id) INCLUDE (is_shared);
CREATE INDEX server_tenant_status_created ON server (tenant_id, status, created_at, id) INCLUDE (is_shared);
CREATE INDEX server_tenant_status_updated ON server (tenant_id, status, updated_at, id) INCLUDE (is_shared);
-- The same over all tenants, for administrators.
CREATE INDEX server_name ON server (name_key, id) INCLUDE (tenant_id, is_shared);
CREATE INDEX server_created ON server (created_at, id) INCLUDE (tenant_id, is_shared);
CREATE INDEX server_updated ON server (updated_at, id) INCLUDE (tenant_id, is_shared);
CREATE INDEX server_status ON server (status, id) INCLUDE (tenant_id, is_shared);
CREATE INDEX server_status_name ON server (status, name_key, id) INCLUDE (tenant_id, is_shared);
CREATE INDEX server_status_created ON server (status, created_at, id) INCLUDE (tenant_id, is_shared);
CREATE INDEX server_status_updated ON server (status, updated_at, id) INCLUDE (tenant_id, is_shared);
-- What other tenants share; few rows, so the status is looked at, not indexed.
CREATE INDEX server_shared_name ON server (name_key, id) INCLUDE (tenant_id, status, is_shared) WHERE is_shared;
CREATE INDEX server_shared_created ON server (created_at, id) INCLUDE (tenant_id, status, is_shared) WHERE is_shared;
CREATE INDEX server_shared_updated ON server (updated_at, id) INCLUDE (tenant_id, status, is_shared) WHERE is_shared;
CREATE INDEX server_shared_status ON server (status, id) INCLUDE (tenant_id, is_shared) WHERE is_shared;
CREATE INDEX server_owner ON server (owner_id);

CREATE TABLE server_health (
    server_id uuid CONSTRAINT server_health_id_unique PRIMARY KEY REFERENCES server ON DELETE CASCADE,
    tenant_id uuid REFERENCES tenant,
    status text COLLATE "C" NOT NULL CHECK (status IN ('healthy', 'degraded', 'unhealthy', 'unknown')),
    last_check_at timestamptz,
    consecutive_failures bigint NOT NULL CHECK (consecutive_failures >= 0),
    checks bigint NOT NULL CHECK (checks >= 0),
    successes bigint NOT NULL CHECK (successes BETWEEN 0 AND checks),
    total_response_us bigint NOT NULL CHECK (total_response_us >= 0),
    -- json, like all that an upstream says in its own words: unlike text it can hold U+0000.
    last_error json,
    last_error_at timestamptz
) WITH (fillfactor = 70);
CREATE INDEX server_health_status ON server_health (tenant_id, status);
CREATE INDEX server_health_last_check ON server_health (last_check_at NULLS FIRST);

CREATE TABLE api_key (
    id uuid CONSTRAINT api_key_id_unique PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenant,
    owner_id uuid NOT NULL,
    created_by uuid NOT NULL,
    name text COLLATE "C" NOT NULL CHECK (char_length(name) BETWEEN 1 AND 50),
    description text COLLATE "C" CHECK (char_length(description) <= 200),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    prefix text COLLATE "C" NOT NULL,
    previous_digest bytea CHECK (octet_length(previous_digest) = 32),
    previous_valid_until timestamptz,
    scopes text[] COLLATE "C" NOT NULL CHECK (cardinality(scopes) >= 1 AND scopes <@ ARRAY[
        'server:read', 'server:write', 'health:check', 'mcp:invoke', 'keys:manage', 'audit:read']),
    -- What the key says, for ever; and the same while that server is there.
    server_id uuid,
    live_server_id uuid REFERENCES server,
    expires_at timestamptz NOT NULL,
    rotation_days integer NOT NULL CHECK (rotation_days BETWEEN 1 AND 365),
    auto_rotate boolean NOT NULL,
    last_rotated_at timestamptz,
    rotation_count bigint NOT NULL CHECK (rotation_count >= 0),
    rate_rpm integer NOT NULL CHECK (rate_rpm BETWEEN 1 AND 10000),
    rate_burst integer NOT NULL CHECK (rate_burst BETWEEN 1 AND 1000),
    created_ip text COLLATE "C",
    revoked_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    revision bigint NOT NULL CHECK (revision >= 1),
    FOREIGN KEY (tenant_id, owner_id) REFERENCES app_user (tenant_id, id),
    CHECK ((previous_digest IS NULL) = (previous_valid_until IS NULL)),
    CHECK (live_server_id IS NULL OR live_server_id = server_id)
);
CREATE INDEX api_key_tenant ON api_key (tenant_id, created_at, id);
CREATE INDEX api_key_created ON api_key (created_at, id) INCLUDE (tenant_id);
CREATE INDEX api_key_owner ON api_key (owner_id, created_at, id);
CREATE INDEX api_key_created_by ON api_key (created_by, created_at, id);
CREATE INDEX api_key_server ON api_key (server_id, created_at, id) WHERE server_id IS NOT NULL;
CREATE INDEX api_key_live_server ON api_key (live_server_id) WHERE live_server_id IS NOT NULL;
CREATE INDEX api_key_active ON api_key (tenant_id, expires_at) WHERE revoked_at IS NULL;
CREATE INDEX api_key_expires ON api_key (expires_at) WHERE revoked_at IS NULL;
CREATE INDEX api_key_prefix ON api_key (tenant_id, prefix);

-- Current and previous digests alike: one look-up finds a key, one constraint keeps all of them apart.
CREATE TABLE api_key_digest (
    digest bytea CONSTRAINT api_key_digest_unique PRIMARY KEY CHECK (octet_length(digest) = 32),
    api_key_id uuid NOT NULL REFERENCES api_key ON DELETE CASCADE,
    tenant_id uuid NOT NULL
);
CREATE INDEX api_key_digest_key ON api_key_digest (api_key_id);

CREATE TABLE health_check (
    id uuid CONSTRAINT health_check_id_unique PRIMARY KEY,
    tenant_id uuid REFERENCES tenant,
    -- The server by way of what its checks say: who stores a check has locked that already, and so never
    -- waits for somebody who removes the server and waits for him.
    server_id uuid NOT NULL REFERENCES server_health ON DELETE CASCADE,
    performed_at timestamptz NOT NULL,
    performed_by uuid,
    check_type text COLLATE "C" NOT NULL CHECK (check_type IN ('manual', 'automatic', 'scheduled')),
    deep boolean NOT NULL,
    status text COLLATE "C" NOT NULL
        CHECK (status IN ('healthy', 'degraded', 'unhealthy', 'timeout', 'error')),
    response_time_us bigint NOT NULL CHECK (response_time_us >= 0),
    connectivity boolean NOT NULL,
    authentication boolean NOT NULL,
    -- json for what an upstream says in its own words.
    capabilities json NOT NULL CHECK (json_typeof(capabilities) = 'array'),
    protocol_version json,
    tools_count bigint CHECK (tools_count >= 0),
    resources_count bigint CHECK (resources_count >= 0),
    prompts_count bigint CHECK (prompts_count >= 0),
    error json CHECK (json_typeof(error) = 'object')
);
CREATE INDEX health_check_server ON health_check (server_id, performed_at, id);
CREATE INDEX health_check_tenant ON health_check (tenant_id, performed_at);
CREATE INDEX health_check_status ON health_check (status, performed_at);

CREATE TABLE key_usage (
    api_key_id uuid PRIMARY KEY REFERENCES api_key ON DELETE CASCADE,
    tenant_id uuid NOT NULL,
    requests bigint NOT NULL CHECK (requests >= 0),
    errors bigint NOT NULL CHECK (errors >= 0),
    bytes_transferred bigint NOT NULL CHECK (bytes_transferred >= 0),
    total_latency_us bigint NOT NULL CHECK (total_latency_us >= 0),
    last_used_at timestamptz,
    last_used_ip text COLLATE "C"
) WITH (fillfactor = 50);

CREATE TABLE server_usage (
    server_id uuid PRIMARY KEY REFERENCES server ON DELETE CASCADE,
    tenant_id uuid,
    requests bigint NOT NULL CHECK (requests >= 0),
    errors bigint NOT NULL CHECK (errors >= 0),
    bytes_transferred bigint NOT NULL CHECK (bytes_transferred >= 0),
    total_latency_us bigint NOT NULL CHECK (total_latency_us >= 0),
    last_used_at timestamptz,
    last_used_ip text COLLATE "C"
) WITH (fillfactor = 50);

-- No foreign key: the log outlives what it tells of.
CREATE TABLE audit_entry (
    tenant_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 1),
    previous_hash bytea NOT NULL CHECK (octet_length(previous_hash) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    id uuid NOT NULL,
    -- Not listed: what happens grows with the product, and the reader refuses what it does not know.
    event_type text COLLATE "C" NOT NULL CHECK (event_type ~ '^[a-z_]{1,64}$'),
    actor_id uuid,
    api_key_id uuid,
    resource_type text COLLATE "C" NOT NULL CHECK (resource_type ~ '^[a-z_]{1,64}$'),
    resource_id uuid,
    action text COLLATE "C" NOT NULL CHECK (action ~ '^[a-z_]{1,64}$'),
    result text COLLATE "C" NOT NULL CHECK (result IN ('success', 'failure', 'unauthorized')),
    occurred_at timestamptz NOT NULL,
    ip_address text COLLATE "C",
    user_agent text COLLATE "C",
    request_id text COLLATE "C",
    metadata json NOT NULL CHECK (json_typeof(metadata) = 'object'),
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX audit_entry_tenant_time ON audit_entry (tenant_id, occurred_at, id);
CREATE INDEX audit_entry_time ON audit_entry (occurred_at, id) INCLUDE (tenant_id);
CREATE INDEX audit_entry_resource ON audit_entry (resource_id, occurred_at) WHERE resource_id IS NOT NULL;
CREATE INDEX audit_entry_actor ON audit_entry (actor_id, occurred_at) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_entry_request ON audit_entry (request_id) WHERE request_id IS NOT NULL;

-- Whoever holds a tenant's row numbers its next entry, so a number is seen only when all smaller ones are.
CREATE TABLE audit_head (
    tenant_id uuid PRIMARY KEY,
    seq bigint NOT NULL CHECK (seq >= 0),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
) WITH (fillfactor = 50);
