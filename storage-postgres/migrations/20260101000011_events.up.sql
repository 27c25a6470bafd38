-- Live events. Whoever writes an audit entry stores its event in the same transaction, without a position: numbers that
-- are given inside of transactions become visible in another order than theirs, and a lock that kept the order would
-- make all writers wait for each other. The position is given after the commit, by whoever tails the events.

CREATE TABLE event (
    -- In a tenant's chain the order of the entries: who takes a number holds the chain until the commit.
    number bigint GENERATED ALWAYS AS IDENTITY,
    position bigint CHECK (position >= 1),
    tenant_id uuid NOT NULL,
    -- The process that stored it.
    node uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    event json NOT NULL CHECK (json_typeof(event) = 'object')
-- Each row is written twice within milliseconds, and goes within a day.
) WITH (autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 20000, autovacuum_vacuum_insert_scale_factor = 0);
CREATE UNIQUE INDEX event_unplaced ON event (number) WHERE position IS NULL;
CREATE UNIQUE INDEX event_position ON event (position) WHERE position IS NOT NULL;

-- The position that was given last. Whoever gives more holds the row until the commit, so positions become visible in
-- order, and all that are visible are without gaps.
CREATE TABLE event_head (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    last bigint NOT NULL CHECK (last >= 0)
) WITH (fillfactor = 50);
INSERT INTO event_head (last) VALUES (0);

-- Gives positions to the events that have none, at most so many, and tells the other nodes. Only who gives positions
-- notifies, and one at a time: a NOTIFY makes commits wait for each other. Each statement sees what was committed when
-- it began, so after the lock all that others have placed.
CREATE FUNCTION registry_place_events(most bigint) RETURNS bigint LANGUAGE plpgsql
    SET enable_seqscan = off
AS $$
DECLARE
    base bigint;
    placed bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM event WHERE position IS NULL) THEN
        RETURN 0;
    END IF;
    SELECT last INTO base FROM event_head FOR UPDATE;
    UPDATE event e SET position = base + waiting.place
        FROM (SELECT number, row_number() OVER (ORDER BY number) AS place
            FROM (SELECT number FROM event WHERE position IS NULL ORDER BY number LIMIT most) AS oldest) AS waiting
        WHERE e.number = waiting.number AND e.position IS NULL;
    GET DIAGNOSTICS placed = ROW_COUNT;
    IF placed > 0 THEN
        UPDATE event_head SET last = base + placed;
        PERFORM pg_notify('mcp_registry_event', '');
    END IF;
    RETURN placed;
END
$$;

-- A tenant's writer adds events; only the service itself reads them, and judges who is told.
ALTER TABLE event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY event_append ON event FOR INSERT
    WITH CHECK (tenant_id = (SELECT registry_scope_tenant()) OR (SELECT registry_scope_all()));
CREATE POLICY event_read ON event FOR SELECT USING ((SELECT registry_scope_all()));
CREATE POLICY event_place ON event FOR UPDATE USING ((SELECT registry_scope_all()));
CREATE POLICY event_forget ON event FOR DELETE USING ((SELECT registry_scope_all()));
ALTER TABLE event_head ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY event_head_scope ON event_head USING ((SELECT registry_scope_all()));
