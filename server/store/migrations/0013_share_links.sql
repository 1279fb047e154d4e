-- oldest writer: 0.1.0
-- Links that show named runs of a project to whoever has them. Only a keyed hash of a link's secret is kept.
-- runs: a JSON list of the runs' ids.

create table share_links (
    id integer primary key autoincrement,
    hash blob not null unique,
    project_id integer not null,
    runs text not null,
    user_id integer,
    created_at integer not null,
    expires_at integer not null
);
create index share_links_project on share_links (project_id, id);
