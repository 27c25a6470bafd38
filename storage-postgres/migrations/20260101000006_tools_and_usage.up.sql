-- Keys that are narrowed to tools, and usage by kind of error, direction and latency.

SELECT set_config('mcp_registry.tenant', '*', true);

-- NULL is every tool.
ALTER TABLE api_key ADD COLUMN tools text[] COLLATE "C" CHECK (cardinality(tools) BETWEEN 1 AND 100);

-- What was counted before has no kind, no direction and no histogram. The sum of latencies begins anew with the
-- histogram, so that a mean is of the calls that the histogram has.
ALTER TABLE key_usage
    ADD COLUMN errors_client bigint NOT NULL DEFAULT 0 CHECK (errors_client >= 0),
    ADD COLUMN errors_upstream bigint NOT NULL DEFAULT 0 CHECK (errors_upstream >= 0),
    ADD COLUMN errors_timeout bigint NOT NULL DEFAULT 0 CHECK (errors_timeout >= 0),
    ADD COLUMN errors_limited bigint NOT NULL DEFAULT 0 CHECK (errors_limited >= 0),
    ADD COLUMN errors_gateway bigint NOT NULL DEFAULT 0 CHECK (errors_gateway >= 0),
    ADD COLUMN bytes_in bigint NOT NULL DEFAULT 0 CHECK (bytes_in >= 0),
    ADD COLUMN bytes_out bigint NOT NULL DEFAULT 0 CHECK (bytes_out >= 0),
    ADD COLUMN latency_counts bigint[] NOT NULL DEFAULT '{}';
UPDATE key_usage SET total_latency_us = 0;

ALTER TABLE server_usage
    ADD COLUMN errors_client bigint NOT NULL DEFAULT 0 CHECK (errors_client >= 0),
    ADD COLUMN errors_upstream bigint NOT NULL DEFAULT 0 CHECK (errors_upstream >= 0),
    ADD COLUMN errors_timeout bigint NOT NULL DEFAULT 0 CHECK (errors_timeout >= 0),
    ADD COLUMN errors_limited bigint NOT NULL DEFAULT 0 CHECK (errors_limited >= 0),
    ADD COLUMN errors_gateway bigint NOT NULL DEFAULT 0 CHECK (errors_gateway >= 0),
    ADD COLUMN bytes_in bigint NOT NULL DEFAULT 0 CHECK (bytes_in >= 0),
    ADD COLUMN bytes_out bigint NOT NULL DEFAULT 0 CHECK (bytes_out >= 0),
    ADD COLUMN latency_counts bigint[] NOT NULL DEFAULT '{}';
UPDATE server_usage SET total_latency_us = 0;

-- Adds two histograms, bucket by bucket.
CREATE FUNCTION registry_add_counts(bigint[], bigint[]) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
        SELECT coalesce(array_agg(coalesce(a, 0) + coalesce(b, 0) ORDER BY bucket), '{}')
        FROM unnest($1, $2) WITH ORDINALITY AS counts (a, b, bucket));
