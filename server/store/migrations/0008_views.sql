-- oldest writer: 0.1.0
-- Reports, their drafts, saved workspaces, and charts of users' own making.

-- type: "runs" (a report), "runs/draft", "project-view" (a saved workspace) and whatever else clients save.
-- spec: as it was given. version: counts the changes. parent_id: what it is a draft of.
create table views (
    id integer primary key autoincrement,
    project_id integer not null references projects (id),
    parent_id integer,
    type text not null,
    name text not null,
    display_name text not null,
    description text,
    spec text not null,
    created_using text,
    preview_url text,
    cover_url text,
    is_locked integer not null,
    user_id integer references users (id),
    updated_by integer references users (id),
    version integer not null,
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer
);
create unique index views_workspace on views (project_id, name) where type = 'project-view' and deleted_at is null;
create index views_project on views (project_id, id) where deleted_at is null;
create index views_parent on views (parent_id) where parent_id is not null;
create index views_trash on views (deleted_at) where deleted_at is not null;

-- access: PRIVATE for the entity's members, PUBLIC for everybody.
create table custom_charts (
    id integer primary key autoincrement,
    entity_id integer not null references entities (id),
    name text not null,
    display_name text not null,
    type text not null,
    access text not null,
    spec text not null,
    user_id integer references users (id),
    created_at integer not null,
    updated_at integer not null,
    unique (entity_id, name)
);
