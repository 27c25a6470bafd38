-- Usage over time: what the calls of each minute, hour and day came to, by server, by tenant and of all.

SELECT set_config('mcp_registry.tenant', '*', true);

-- Minutes are many, so they stand in partitions by day, which are dropped; hours and days are removed row by row.
--
-- A histogram begins with the bucket `latency_first`: most calls of a server take about the same time.
CREATE TABLE usage_minute (
    server_id uuid NOT NULL,
    tenant_id uuid,
    start timestamptz NOT NULL,
    requests bigint NOT NULL CHECK (requests >= 0),
    errors_client bigint NOT NULL CHECK (errors_client >= 0),
    errors_upstream bigint NOT NULL CHECK (errors_upstream >= 0),
    errors_timeout bigint NOT NULL CHECK (errors_timeout >= 0),
    errors_limited bigint NOT NULL CHECK (errors_limited >= 0),
    errors_gateway bigint NOT NULL CHECK (errors_gateway >= 0),
    bytes_in bigint NOT NULL CHECK (bytes_in >= 0),
    bytes_out bigint NOT NULL CHECK (bytes_out >= 0),
    latency_us bigint NOT NULL CHECK (latency_us >= 0),
    latency_first integer NOT NULL CHECK (latency_first >= 0),
    latency_counts bigint[] NOT NULL
) PARTITION BY RANGE (start);
ALTER TABLE usage_minute
    ADD CONSTRAINT usage_minute_unique PRIMARY KEY (server_id, start),
    ADD FOREIGN KEY (server_id) REFERENCES server ON DELETE CASCADE;

-- What no other partition takes: so no write ever fails for want of one.
CREATE TABLE usage_minute_default PARTITION OF usage_minute DEFAULT;
ALTER TABLE usage_minute_default ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE TABLE usage_hour (LIKE usage_minute INCLUDING CONSTRAINTS) WITH (fillfactor = 80);
ALTER TABLE usage_hour
    ADD CONSTRAINT usage_hour_unique PRIMARY KEY (server_id, start),
    ADD FOREIGN KEY (server_id) REFERENCES server ON DELETE CASCADE;
CREATE INDEX usage_hour_start ON usage_hour (start);

CREATE TABLE usage_day (LIKE usage_minute INCLUDING CONSTRAINTS) WITH (fillfactor = 80);
ALTER TABLE usage_day
    ADD CONSTRAINT usage_day_unique PRIMARY KEY (server_id, start),
    ADD FOREIGN KEY (server_id) REFERENCES server ON DELETE CASCADE;
CREATE INDEX usage_day_start ON usage_day (start);

-- The calls of a tenant's servers together, also of those that are gone by now; without a tenant, those of every server.
CREATE TABLE usage_total (
    tenant_id uuid REFERENCES tenant ON DELETE CASCADE,
    resolution text COLLATE "C" NOT NULL CHECK (resolution IN ('minute', 'hour', 'day')),
    start timestamptz NOT NULL,
    requests bigint NOT NULL CHECK (requests >= 0),
    errors_client bigint NOT NULL CHECK (errors_client >= 0),
    errors_upstream bigint NOT NULL CHECK (errors_upstream >= 0),
    errors_timeout bigint NOT NULL CHECK (errors_timeout >= 0),
    errors_limited bigint NOT NULL CHECK (errors_limited >= 0),
    errors_gateway bigint NOT NULL CHECK (errors_gateway >= 0),
    bytes_in bigint NOT NULL CHECK (bytes_in >= 0),
    bytes_out bigint NOT NULL CHECK (bytes_out >= 0),
    latency_us bigint NOT NULL CHECK (latency_us >= 0),
    latency_first integer NOT NULL CHECK (latency_first >= 0),
    latency_counts bigint[] NOT NULL
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX usage_total_unique ON usage_total (tenant_id, resolution, start) NULLS NOT DISTINCT;
CREATE INDEX usage_total_start ON usage_total (resolution, start);

-- How a server is used is not shown with the server: there is no policy for what is shared.
DO $$
DECLARE
    scoped text;
BEGIN
    FOREACH scoped IN ARRAY ARRAY['usage_minute', 'usage_hour', 'usage_day', 'usage_total'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', scoped);
        EXECUTE format('CREATE POLICY %I ON %I USING (tenant_id = (SELECT registry_scope_tenant())
            OR (SELECT registry_scope_all()))', scoped || '_scope', scoped);
    END LOOP;
END
$$;

-- Adds two histograms, each of which begins with some bucket; the result begins with the lesser one.
CREATE FUNCTION registry_add_histograms(first integer, counts bigint[], other_first integer, other bigint[])
    RETURNS bigint[] IMMUTABLE PARALLEL SAFE LANGUAGE sql RETURN
    CASE WHEN other = '{}' THEN counts WHEN counts = '{}' THEN other ELSE registry_add_counts(
        array_fill(0::bigint, ARRAY[first - least(first, other_first)]) || counts,
        array_fill(0::bigint, ARRAY[other_first - least(first, other_first)]) || other) END;
CREATE FUNCTION registry_first_bucket(first integer, counts bigint[], other_first integer, other bigint[])
    RETURNS integer IMMUTABLE PARALLEL SAFE LANGUAGE sql RETURN
    CASE WHEN other = '{}' THEN first WHEN counts = '{}' THEN other_first ELSE least(first, other_first) END;

-- Servers that need others are few, and asked for all at once.
CREATE INDEX server_with_dependencies ON server (id) INCLUDE (depends_on) WHERE depends_on <> '{}';
CREATE INDEX server_health_by_status ON server_health (status, server_id) WHERE status <> 'healthy';
