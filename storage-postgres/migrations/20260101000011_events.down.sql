DROP FUNCTION registry_place_events(bigint);
DROP TABLE event_head;
DROP TABLE event;
