-- oldest writer: 0.1.0
-- Collections that were deleted and can still be brought back: their rows as they were. Without its row a collection's versions,
-- memberships, aliases and tags are seen by nobody; they stay until the removal is due.

create table trashed_collections (
    id integer primary key,
    project_id integer not null,
    type_id integer not null,
    name text not null,
    is_portfolio integer not null,
    description text,
    client_id text,
    next_version integer not null,
    created_at integer not null,
    updated_at integer not null
);
