-- oldest writer: 0.1.0
-- What was done to versions of artifacts, and by whom; their making, commit and uses stand in tables of their own. user_id null: the
-- server itself. collection_id: where an alias or a link stands.
create table artifact_events (
    id integer primary key autoincrement,
    artifact_id integer not null,
    at integer not null,
    user_id integer,
    collection_id integer,
    action text not null,
    detail text not null
);
create index artifact_events_by_artifact on artifact_events (artifact_id, at);
