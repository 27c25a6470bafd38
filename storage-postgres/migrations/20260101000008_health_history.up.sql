-- The history of health: checks in a partition for each day, their roll-ups by hour and day, and changes of status.

SELECT set_config('mcp_registry.tenant', '*', true);

-- Partitions are made and dropped by the service. These functions are here, and not in the service, because they belong to
-- the form of the tables.

-- Makes the partition of `parent` for the day (UTC) of `day`, unless it is there. What the default partition has of that day
-- moves into it. Writes into other partitions go on meanwhile.
CREATE FUNCTION registry_add_partition(parent text, day timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := date_trunc('day', day, 'UTC');
    stop timestamptz := start + interval '24 hours';
    part text := parent || '_' || to_char(start AT TIME ZONE 'UTC', 'YYYYMMDD');
    key text;
BEGIN
    IF to_regclass(quote_ident(part)) IS NOT NULL THEN
        RETURN false;
    END IF;
    key := substring(pg_get_partkeydef(quote_ident(parent)::regclass) FROM '\((.*)\)');
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
    -- Nobody asks for it by its own name: what is not asked of the whole table is not shown at all.
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
    EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *)
        INSERT INTO %I SELECT * FROM moved', parent, key, start, key, stop, part);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', part);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part, start, stop);
    RETURN true;
END
$$;

-- Drops the oldest partition of `parent` that has nothing from `before` on, and tells about how many rows that were; NULL
-- if there is none.
CREATE FUNCTION registry_drop_partition(parent text, before timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    part record;
BEGIN
    SELECT c.relname, greatest(c.reltuples, 0)::bigint AS tuples INTO part
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
        LATERAL (SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')::timestamptz AS stop) b
    WHERE i.inhparent = quote_ident(parent)::regclass AND b.stop <= before
    ORDER BY b.stop LIMIT 1;
    IF part IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('DROP TABLE %I', part.relname);
    RETURN part.tuples;
END
$$;

ALTER TABLE health_check RENAME TO health_check_old;
ALTER TABLE health_check_old RENAME CONSTRAINT health_check_id_unique TO health_check_old_id_unique;
DROP INDEX health_check_server, health_check_tenant, health_check_status;

CREATE TABLE health_check (LIKE health_check_old INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
    PARTITION BY RANGE (performed_at);
ALTER TABLE health_check
    ADD CONSTRAINT health_check_unique PRIMARY KEY (server_id, performed_at, id),
    ADD FOREIGN KEY (tenant_id) REFERENCES tenant,
    -- The server by way of what its checks say: who stores a check has locked that already, and so never waits for
    -- somebody who removes the server and waits for him.
    ADD FOREIGN KEY (server_id) REFERENCES server_health ON DELETE CASCADE;
-- The removal of a tenant looks here.
CREATE INDEX health_check_tenant ON health_check (tenant_id, performed_at);
-- Few are not healthy.
CREATE INDEX health_check_status ON health_check (status, performed_at) WHERE status <> 'healthy';

-- What no other partition takes: so no write ever fails for want of one.
CREATE TABLE health_check_default PARTITION OF health_check DEFAULT;
ALTER TABLE health_check_default ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

ALTER TABLE health_check ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY health_check_scope ON health_check
    USING (tenant_id = (SELECT registry_scope_tenant()) OR (SELECT registry_scope_all()));
CREATE POLICY health_check_shared ON health_check FOR SELECT USING (
    EXISTS (SELECT FROM server s WHERE s.id = server_id AND s.is_shared));

-- The days that there are rows of, and the next ones. What is older than a month goes into the default partition.
SELECT registry_add_partition('health_check', day)
FROM generate_series(
    greatest(coalesce((SELECT min(performed_at) FROM health_check_old), now()), now() - interval '32 days'),
    now() + interval '3 days', interval '24 hours') AS day;
SELECT registry_add_partition('health_check', now() + interval '3 days');

-- Element n of a histogram counts bucket n - 1. It may begin with a later element than the first, and has NULL for zero: the
-- checks of an hour are few, and take about the same time.
CREATE TABLE check_hour (
    server_id uuid NOT NULL REFERENCES server_health ON DELETE CASCADE,
    tenant_id uuid REFERENCES tenant,
    start timestamptz NOT NULL,
    checks integer NOT NULL CHECK (checks >= 0),
    successes integer NOT NULL CHECK (successes >= 0),
    degraded integer NOT NULL CHECK (degraded >= 0),
    failures integer NOT NULL CHECK (failures >= 0),
    response_us bigint NOT NULL CHECK (response_us >= 0),
    response_counts integer[] NOT NULL,
    PRIMARY KEY (server_id, start)
) WITH (fillfactor = 90);
CREATE TABLE check_day (
    server_id uuid NOT NULL REFERENCES server_health ON DELETE CASCADE,
    tenant_id uuid REFERENCES tenant,
    start timestamptz NOT NULL,
    checks integer NOT NULL CHECK (checks >= 0),
    successes integer NOT NULL CHECK (successes >= 0),
    degraded integer NOT NULL CHECK (degraded >= 0),
    failures integer NOT NULL CHECK (failures >= 0),
    response_us bigint NOT NULL CHECK (response_us >= 0),
    response_counts integer[] NOT NULL,
    PRIMARY KEY (server_id, start)
) WITH (fillfactor = 90);
-- Forgetting looks by time, the removal of a tenant by tenant.
CREATE INDEX check_hour_start ON check_hour (start);
CREATE INDEX check_hour_tenant ON check_hour (tenant_id);
CREATE INDEX check_day_start ON check_day (start);
CREATE INDEX check_day_tenant ON check_day (tenant_id);

CREATE TABLE status_change (
    server_id uuid NOT NULL REFERENCES server_health ON DELETE CASCADE,
    tenant_id uuid REFERENCES tenant,
    at timestamptz NOT NULL,
    check_id uuid NOT NULL,
    from_status text COLLATE "C" NOT NULL CHECK (from_status IN ('healthy', 'degraded', 'unhealthy', 'unknown')),
    to_status text COLLATE "C" NOT NULL CHECK (to_status IN ('healthy', 'degraded', 'unhealthy', 'unknown')),
    PRIMARY KEY (server_id, at, check_id)
);
CREATE INDEX status_change_at ON status_change (at, check_id, server_id);
CREATE INDEX status_change_tenant ON status_change (tenant_id, at);

DO $$
DECLARE
    scoped text;
BEGIN
    FOREACH scoped IN ARRAY ARRAY['check_hour', 'check_day', 'status_change'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', scoped);
        EXECUTE format('CREATE POLICY %I ON %I USING (tenant_id = (SELECT registry_scope_tenant())
            OR (SELECT registry_scope_all()))', scoped || '_scope', scoped);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT USING (
            EXISTS (SELECT FROM server s WHERE s.id = server_id AND s.is_shared))', scoped || '_shared', scoped);
    END LOOP;
END
$$;

INSERT INTO health_check SELECT * FROM health_check_old;
DROP TABLE health_check_old;

-- The bucket of a time, as registry-core's model/latency.rs has it.
CREATE FUNCTION registry_latency_bucket(us bigint) RETURNS integer IMMUTABLE PARALLEL SAFE LANGUAGE sql RETURN
    CASE WHEN us < 32 THEN 0 ELSE (
        SELECT least(93, 1 + 4 * (exponent - 5) + ((us >> (exponent - 2)) & 3)::integer)
        FROM (SELECT length(ltrim(us::bit(64)::text, '0')) - 1) AS e (exponent)) END;

-- The roll-ups of what was there before there were any.
DO $$
DECLARE
    rolled record;
BEGIN
    FOR rolled IN SELECT * FROM (VALUES ('check_hour', 'hour'), ('check_day', 'day')) AS t (name, step) LOOP
        EXECUTE format($q$
            WITH good AS (
                SELECT *, date_trunc(%2$L, performed_at, 'UTC') AS start, status IN ('healthy', 'degraded') AS is_good
                FROM health_check),
            sums AS (
                SELECT server_id, tenant_id, start, count(*) AS checks, count(*) FILTER (WHERE is_good) AS successes,
                    count(*) FILTER (WHERE status = 'degraded') AS degraded, count(*) FILTER (WHERE NOT is_good) AS failures,
                    coalesce(sum(response_time_us) FILTER (WHERE is_good), 0) AS us
                FROM good GROUP BY 1, 2, 3),
            buckets AS (
                SELECT server_id, start, registry_latency_bucket(response_time_us) AS bucket, count(*)::integer AS number
                FROM good WHERE is_good GROUP BY 1, 2, 3),
            places AS (
                SELECT server_id, start, generate_series(0, max(bucket)) AS bucket FROM buckets GROUP BY 1, 2),
            counts AS (
                SELECT server_id, start, array_agg(number ORDER BY bucket) AS counts
                FROM places LEFT JOIN buckets USING (server_id, start, bucket) GROUP BY 1, 2)
            INSERT INTO %1$I SELECT server_id, tenant_id, start, checks, successes, degraded, failures, us,
                coalesce(counts, '{}') FROM sums LEFT JOIN counts USING (server_id, start)$q$, rolled.name, rolled.step);
    END LOOP;
END
$$;
