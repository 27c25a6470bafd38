-- What lists of servers need beside the table: how many there are, and which have a tag. Triggers keep both, so
-- that no statement can forget to.

-- A tenant of NULL counts the global servers.
CREATE TABLE server_count (
    tenant_id uuid,
    status text COLLATE "C" NOT NULL,
    is_shared boolean NOT NULL,
    servers bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (tenant_id, status, is_shared)
) WITH (fillfactor = 50);

CREATE FUNCTION server_count_add(counted server, change bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO server_count AS c (tenant_id, status, is_shared, servers)
    VALUES (counted.tenant_id, counted.status, counted.is_shared, change)
    ON CONFLICT (tenant_id, status, is_shared) DO UPDATE SET servers = c.servers + change
$$;

CREATE FUNCTION server_count_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM server_count_add(NEW, 1);
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM server_count_add(OLD, -1);
    -- In one order, so that two opposite changes do not wait for each other.
    ELSIF (OLD.status, OLD.is_shared) < (NEW.status, NEW.is_shared) THEN
        PERFORM server_count_add(OLD, -1);
        PERFORM server_count_add(NEW, 1);
    ELSIF (OLD.status, OLD.is_shared) > (NEW.status, NEW.is_shared) THEN
        PERFORM server_count_add(NEW, 1);
        PERFORM server_count_add(OLD, -1);
    END IF;
    RETURN NULL;
END
$$;

-- Deferred to the commit, so that the counter's row, which all writers of a tenant share, is locked briefly.
CREATE CONSTRAINT TRIGGER server_count_keep AFTER INSERT OR DELETE OR UPDATE OF status, is_public ON server
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION server_count_keep();

-- A table and not a GIN index on server.tags: under row-level security PostgreSQL does not use an index for an
-- operator that it cannot prove to leak nothing, and `@>` is one; equality of text is not.
CREATE TABLE server_tag (
    server_id uuid NOT NULL REFERENCES server ON DELETE CASCADE,
    tag text COLLATE "C" NOT NULL,
    tenant_id uuid,
    is_shared boolean NOT NULL,
    PRIMARY KEY (server_id, tag)
);
CREATE INDEX server_tag_tenant ON server_tag (tenant_id, tag, server_id) INCLUDE (is_shared);
CREATE INDEX server_tag_all ON server_tag (tag, server_id) INCLUDE (tenant_id, is_shared);

CREATE FUNCTION server_tag_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM server_tag WHERE server_id = NEW.id;
    END IF;
    INSERT INTO server_tag (server_id, tag, tenant_id, is_shared)
        SELECT NEW.id, tag, NEW.tenant_id, NEW.is_shared FROM unnest(NEW.tags) AS tag;
    RETURN NULL;
END
$$;

CREATE TRIGGER server_tag_insert AFTER INSERT ON server
    FOR EACH ROW WHEN (cardinality(NEW.tags) > 0) EXECUTE FUNCTION server_tag_keep();
CREATE TRIGGER server_tag_update AFTER UPDATE OF tags, is_public ON server
    FOR EACH ROW WHEN (NEW.tags IS DISTINCT FROM OLD.tags OR NEW.is_public IS DISTINCT FROM OLD.is_public)
    EXECUTE FUNCTION server_tag_keep();
