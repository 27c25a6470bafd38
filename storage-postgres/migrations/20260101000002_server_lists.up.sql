-- What lists of servers need beside the table: how many there are, and those with a tag in order. Triggers
-- keep both, so that no statement can forget to.

-- How many servers there are, and how many with each tag ('' for any). A tenant of NULL counts the global
-- ones.
CREATE TABLE server_count (
    tenant_id uuid,
    tag text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    is_shared boolean NOT NULL,
    servers bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (tenant_id, tag, status, is_shared)
) WITH (fillfactor = 50);
CREATE INDEX server_count_tag ON server_count (tag, status) INCLUDE (tenant_id, is_shared);

CREATE FUNCTION server_count_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In one order, so that two opposite changes do not wait for each other.
    INSERT INTO server_count AS c (tenant_id, tag, status, is_shared, servers)
        SELECT change.tenant_id, change.tag, change.status, change.is_shared, sum(change.servers)
        FROM (
            SELECT OLD.tenant_id, tag, OLD.status, OLD.is_shared, -1 FROM unnest(array_append(OLD.tags, '')) AS tag
                WHERE TG_OP <> 'INSERT'
            UNION ALL
            SELECT NEW.tenant_id, tag, NEW.status, NEW.is_shared, 1 FROM unnest(array_append(NEW.tags, '')) AS tag
                WHERE TG_OP <> 'DELETE'
        ) AS change (tenant_id, tag, status, is_shared, servers)
        GROUP BY 1, 2, 3, 4 HAVING sum(change.servers) <> 0 ORDER BY 1, 2, 3, 4
    ON CONFLICT (tenant_id, tag, status, is_shared) DO UPDATE SET servers = c.servers + excluded.servers;
    RETURN NULL;
END
$$;

-- Deferred to the commit, so that the counters' rows, which all writers of a tenant share, are locked
-- briefly.
CREATE CONSTRAINT TRIGGER server_count_keep AFTER INSERT OR DELETE OR UPDATE OF status, is_public, tags ON server
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION server_count_keep();

-- Each tag of each server, with what lists are sorted and filtered by. A table and not a GIN index on
-- server.tags: under row-level security PostgreSQL uses an index only for operators that are marked to leak
-- nothing, and `@>` is not; nor would a GIN index have an order.
CREATE TABLE server_tag (
    server_id uuid NOT NULL REFERENCES server ON DELETE CASCADE,
    tag text COLLATE "C" NOT NULL,
    tenant_id uuid,
    is_shared boolean NOT NULL,
    status text COLLATE "C" NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (server_id, tag)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX server_tag_tenant_name ON server_tag (tenant_id, tag, name_key, server_id) INCLUDE (is_shared, status);
CREATE INDEX server_tag_tenant_created ON server_tag (tenant_id, tag, created_at, server_id)
    INCLUDE (is_shared, status);
CREATE INDEX server_tag_tenant_updated ON server_tag (tenant_id, tag, updated_at, server_id)
    INCLUDE (is_shared, status);
CREATE INDEX server_tag_tenant_status ON server_tag (tenant_id, tag, status, server_id) INCLUDE (is_shared);
-- Over all tenants, for administrators.
CREATE INDEX server_tag_name ON server_tag (tag, name_key, server_id) INCLUDE (tenant_id, is_shared, status);
CREATE INDEX server_tag_created ON server_tag (tag, created_at, server_id) INCLUDE (tenant_id, is_shared, status);
CREATE INDEX server_tag_updated ON server_tag (tag, updated_at, server_id) INCLUDE (tenant_id, is_shared, status);
CREATE INDEX server_tag_status ON server_tag (tag, status, server_id) INCLUDE (tenant_id, is_shared);
-- What other tenants share.
CREATE INDEX server_tag_shared_name ON server_tag (tag, name_key, server_id)
    INCLUDE (tenant_id, is_shared, status) WHERE is_shared;
CREATE INDEX server_tag_shared_created ON server_tag (tag, created_at, server_id)
    INCLUDE (tenant_id, is_shared, status) WHERE is_shared;
CREATE INDEX server_tag_shared_updated ON server_tag (tag, updated_at, server_id)
    INCLUDE (tenant_id, is_shared, status) WHERE is_shared;
CREATE INDEX server_tag_shared_status ON server_tag (tag, status, server_id)
    INCLUDE (tenant_id, is_shared) WHERE is_shared;

CREATE FUNCTION server_tag_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM server_tag WHERE server_id = NEW.id;
    END IF;
    INSERT INTO server_tag (server_id, tag, tenant_id, is_shared, status, name_key, created_at, updated_at)
        SELECT NEW.id, tag, NEW.tenant_id, NEW.is_shared, NEW.status, NEW.name_key, NEW.created_at, NEW.updated_at
        FROM unnest(NEW.tags) AS tag;
    RETURN NULL;
END
$$;

CREATE TRIGGER server_tag_insert AFTER INSERT ON server
    FOR EACH ROW WHEN (cardinality(NEW.tags) > 0) EXECUTE FUNCTION server_tag_keep();
CREATE TRIGGER server_tag_update AFTER UPDATE ON server
    FOR EACH ROW WHEN (cardinality(NEW.tags) > 0 OR cardinality(OLD.tags) > 0) EXECUTE FUNCTION server_tag_keep();
