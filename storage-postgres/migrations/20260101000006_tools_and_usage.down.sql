SELECT set_config('mcp_registry.tenant', '*', true);

-- What the old form cannot say goes: a key that may call some tools would call all of them.
DELETE FROM api_key WHERE tools IS NOT NULL;
ALTER TABLE api_key DROP COLUMN tools;

DROP FUNCTION registry_add_counts(bigint[], bigint[]);
ALTER TABLE key_usage DROP COLUMN errors_client, DROP COLUMN errors_upstream, DROP COLUMN errors_timeout,
    DROP COLUMN errors_limited, DROP COLUMN errors_gateway, DROP COLUMN bytes_in, DROP COLUMN bytes_out,
    DROP COLUMN latency_counts;
ALTER TABLE server_usage DROP COLUMN errors_client, DROP COLUMN errors_upstream, DROP COLUMN errors_timeout,
    DROP COLUMN errors_limited, DROP COLUMN errors_gateway, DROP COLUMN bytes_in, DROP COLUMN bytes_out,
    DROP COLUMN latency_counts;
