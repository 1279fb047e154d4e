-- oldest writer: 0.1.0
-- What was deleted may wait before it is removed, so that the deletion can be undone: until due_at.

alter table removals add column due_at bigint not null default 0;
create index removals_due on removals (due_at, id);

-- What a deleted version was called by: given back when it is restored.
create table trashed_memberships (
    artifact_id integer not null,
    collection_id integer not null,
    version_index integer not null,
    created_at integer not null,
    primary key (artifact_id, collection_id)
) without rowid;
create table trashed_aliases (
    artifact_id integer not null,
    collection_id integer not null,
    alias text not null,
    primary key (artifact_id, collection_id, alias)
) without rowid;
create table trashed_tags (
    artifact_id integer not null,
    tag text not null,
    primary key (artifact_id, tag)
) without rowid;
create table trashed_client_ids (
    artifact_id integer not null,
    client_id text not null,
    primary key (artifact_id, client_id)
) without rowid;
