-- Dependencies between servers.

-- No foreign keys: an array has none. Who removes a server takes it out, under the lock that changes of dependencies take.
ALTER TABLE server ADD COLUMN depends_on uuid[] NOT NULL DEFAULT '{}' CHECK (cardinality(depends_on) <= 20);
CREATE INDEX server_depends_on ON server USING gin (depends_on) WHERE depends_on <> '{}';
