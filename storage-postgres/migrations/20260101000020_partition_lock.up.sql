-- Makes the partition of `parent` for the day (UTC) of `day`, unless it is there. What the default partition has of that day
-- moves into it. Writes into the table wait meanwhile: one that had chosen the default partition already would be refused,
-- for the default partition no longer takes such rows. What a partition refers to is locked by its attachment anyway; it comes
-- after the table, as it does for who stores a check: else each would wait for the other.
CREATE OR REPLACE FUNCTION registry_add_partition(parent text, day timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := date_trunc('day', day, 'UTC');
    stop timestamptz := start + interval '24 hours';
    part text := parent || '_' || to_char(start AT TIME ZONE 'UTC', 'YYYYMMDD');
    key text;
    referenced regclass;
BEGIN
    IF to_regclass(quote_ident(part)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE ONLY %I IN SHARE ROW EXCLUSIVE MODE', parent);
    FOR referenced IN
        SELECT DISTINCT confrelid::regclass FROM pg_constraint
        WHERE conrelid = quote_ident(parent)::regclass AND contype = 'f' ORDER BY 1
    LOOP
        EXECUTE format('LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE', referenced);
    END LOOP;
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
