-- Usage of keys over time: what the requests with each came to in each hour and day.

SELECT set_config('mcp_registry.tenant', '*', true);

-- Keys may be far more than servers. Their hours stand in partitions by day, which are dropped; days are removed row by row.
CREATE TABLE key_usage_hour (
    api_key_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
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
ALTER TABLE key_usage_hour
    ADD CONSTRAINT key_usage_hour_unique PRIMARY KEY (api_key_id, start),
    ADD FOREIGN KEY (api_key_id) REFERENCES api_key ON DELETE CASCADE;

-- What no other partition takes: so no write ever fails for want of one.
CREATE TABLE key_usage_hour_default PARTITION OF key_usage_hour DEFAULT;
ALTER TABLE key_usage_hour_default ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE TABLE key_usage_day (LIKE key_usage_hour INCLUDING CONSTRAINTS) WITH (fillfactor = 80);
ALTER TABLE key_usage_day
    ADD CONSTRAINT key_usage_day_unique PRIMARY KEY (api_key_id, start),
    ADD FOREIGN KEY (api_key_id) REFERENCES api_key ON DELETE CASCADE;
CREATE INDEX key_usage_day_start ON key_usage_day (start);

DO $$
DECLARE
    scoped text;
BEGIN
    FOREACH scoped IN ARRAY ARRAY['key_usage_hour', 'key_usage_day'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', scoped);
        EXECUTE format('CREATE POLICY %I ON %I USING (tenant_id = (SELECT registry_scope_tenant())
            OR (SELECT registry_scope_all()))', scoped || '_scope', scoped);
    END LOOP;
END
$$;

-- The service makes partitions days ahead; the first ones are made here, before anything is counted. Else its first ones would
-- take rows out of the default partition, and who reads in that very moment would miss them. So would who reads minutes.
SELECT registry_add_partition(parent, day)
FROM unnest(ARRAY['usage_minute', 'key_usage_hour']) AS parent,
    generate_series(now(), now() + interval '7 days', interval '24 hours') AS day;
