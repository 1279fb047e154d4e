-- oldest writer: 0.1.0
-- Aliases that only administrators of a project set, move and take away, in each of its collections.
create table protected_aliases (
    project_id integer not null,
    alias text not null,
    primary key (project_id, alias)
) without rowid;
