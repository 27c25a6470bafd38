ALTER TABLE server DROP COLUMN depends_on;
