-- What servers list: tools, resources, resource templates and prompts, and how that changed.

-- The lists that were read. They refer to the server by way of what its checks say, as its checks do, and for the same
-- reason: who stores what a check found has locked that, and so never waits for somebody who removes the server.
CREATE TABLE capability_list (
    server_id uuid NOT NULL REFERENCES server_health ON DELETE CASCADE,
    tenant_id uuid REFERENCES tenant,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('tool', 'resource', 'resource_template', 'prompt')),
    left_out bigint NOT NULL CHECK (left_out >= 0),
    PRIMARY KEY (server_id, kind)
);

-- A name is bytea, not text: the server chose it, and it may hold U+0000.
CREATE TABLE capability (
    server_id uuid NOT NULL,
    tenant_id uuid REFERENCES tenant,
    kind text COLLATE "C" NOT NULL,
    name bytea NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 1024),
    search_text text COLLATE "C" NOT NULL CHECK (octet_length(search_text) <= 1024),
    definition json NOT NULL CHECK (json_typeof(definition) = 'object'),
    is_cut boolean NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    approved bytea CHECK (octet_length(approved) = 32),
    first_seen_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (server_id, kind, name),
    FOREIGN KEY (server_id, kind) REFERENCES capability_list ON DELETE CASCADE
);
-- What a search of the tools of all servers looks at, without the definitions.
CREATE INDEX capability_search ON capability (server_id) INCLUDE (tenant_id, name, search_text)
    WHERE kind = 'tool';

CREATE TABLE capability_change (
    server_id uuid NOT NULL REFERENCES server_health ON DELETE CASCADE,
    tenant_id uuid REFERENCES tenant,
    found_at timestamptz NOT NULL,
    look_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number >= 0),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('tool', 'resource', 'resource_template', 'prompt')),
    name bytea NOT NULL,
    nature text COLLATE "C" NOT NULL CHECK (nature IN ('added', 'changed', 'removed')),
    before json,
    after json,
    digest bytea CHECK (octet_length(digest) = 32),
    held boolean NOT NULL,
    PRIMARY KEY (server_id, found_at, look_id, number)
);

DO $$
DECLARE
    scoped text;
BEGIN
    FOREACH scoped IN ARRAY ARRAY['capability_list', 'capability', 'capability_change'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', scoped);
        EXECUTE format('CREATE POLICY %I ON %I USING (tenant_id = (SELECT registry_scope_tenant())
            OR (SELECT registry_scope_all()))', scoped || '_scope', scoped);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (
            EXISTS (SELECT FROM server s WHERE s.id = server_id AND s.is_shared))', scoped || '_shared', scoped);
    END LOOP;
END
$$;
