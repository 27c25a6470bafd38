DROP TRIGGER server_tag_update ON server;
DROP TRIGGER server_tag_insert ON server;
DROP TRIGGER server_count_keep ON server;
DROP FUNCTION server_tag_keep, server_count_keep;
DROP TABLE server_tag, server_count;
