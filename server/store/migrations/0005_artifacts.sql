-- oldest writer: 0.1.0
-- Artifacts: types, collections (sequences and portfolios), versions, their files, and who made and used them.

create table artifact_types (
    id integer primary key autoincrement,
    project_id integer not null,
    name text not null,
    description text,
    created_at integer not null,
    unique (project_id, name)
);

-- A sequence holds the versions that were logged under its name; a portfolio holds links to versions of others.
create table artifact_collections (
    id integer primary key autoincrement,
    project_id integer not null,
    type_id integer not null,
    name text not null,
    is_portfolio integer not null,
    description text,
    client_id text,
    next_version integer not null default 0,
    created_at integer not null,
    updated_at integer not null,
    unique (project_id, name)
);
create index artifact_collections_by_type on artifact_collections (type_id, name);

create table collection_tags (
    collection_id integer not null,
    tag text not null,
    primary key (collection_id, tag)
) without rowid;

create table artifacts (
    id integer primary key autoincrement,
    project_id integer not null,
    collection_id integer not null,
    version_index integer,
    state text not null,
    digest text not null,
    description text,
    metadata text,
    ttl_seconds integer not null default -1,
    history_step integer,
    size_bytes integer not null default 0,
    file_count integer not null default 0,
    distributed_id text,
    base_id integer,
    run_id integer,
    user_id integer,
    pending_aliases text,
    created_at integer not null,
    updated_at integer not null,
    committed_at integer
);
create index artifacts_by_collection on artifacts (collection_id, version_index);
create index artifacts_by_digest on artifacts (collection_id, digest);
create index artifacts_by_run on artifacts (run_id) where run_id is not null;

-- Ids that clients made up before the server gave one; several when the same content was logged again.
create table artifact_client_ids (
    client_id text primary key,
    artifact_id integer not null
) without rowid;
create index artifact_client_ids_by_artifact on artifact_client_ids (artifact_id);

create table artifact_tags (
    artifact_id integer not null,
    tag text not null,
    primary key (artifact_id, tag)
) without rowid;

create table artifact_memberships (
    id integer primary key autoincrement,
    collection_id integer not null,
    artifact_id integer not null,
    version_index integer not null,
    created_at integer not null,
    unique (collection_id, version_index)
);
create unique index artifact_memberships_by_artifact on artifact_memberships (artifact_id, collection_id);

create table artifact_aliases (
    id integer primary key autoincrement,
    collection_id integer not null,
    alias text not null,
    artifact_id integer not null,
    unique (collection_id, alias)
);
create index artifact_aliases_by_artifact on artifact_aliases (artifact_id);

-- A draft's manifest file; the one that was written last counts.
create table artifact_manifests (
    id integer primary key autoincrement,
    artifact_id integer not null,
    name text not null,
    kind text not null,
    digest text not null default '',
    base_id integer,
    sha256 blob,
    size_bytes integer not null default 0,
    created_at integer not null
);
create index artifact_manifests_by_artifact on artifact_manifests (artifact_id);

-- Bytes that came through this artifact's own upload: what a commit accepts, beside what the project already links.
create table artifact_uploads (
    artifact_id integer not null,
    path text not null,
    md5 blob not null,
    sha256 blob not null,
    size_bytes integer not null,
    primary key (artifact_id, path)
) without rowid;
create index artifact_uploads_by_sha256 on artifact_uploads (sha256);

-- The client's digest is an alias of a blob inside one project only.
create table project_blobs (
    project_id integer not null,
    md5 blob not null,
    sha256 blob not null,
    size_bytes integer not null,
    birth_artifact_id integer not null,
    primary key (project_id, md5)
) without rowid;
create index project_blobs_by_sha256 on project_blobs (sha256);

-- The entries of a committed manifest. A reference has no blob.
create table artifact_files (
    artifact_id integer not null,
    path text not null,
    digest text not null,
    size_bytes integer not null,
    sha256 blob,
    birth_artifact_id integer,
    ref text,
    extra text,
    primary key (artifact_id, path)
) without rowid;
create index artifact_files_by_sha256 on artifact_files (sha256) where sha256 is not null;

-- The manifest as it is handed out, made when the version was committed.
create table artifact_manifest_blobs (
    artifact_id integer primary key,
    sha256 blob not null,
    size_bytes integer not null
);

create table artifact_outputs (
    run_id integer not null,
    artifact_id integer not null,
    created_at integer not null,
    primary key (run_id, artifact_id)
) without rowid;
create index artifact_outputs_by_artifact on artifact_outputs (artifact_id);

create table artifact_uses (
    run_id integer not null,
    artifact_id integer not null,
    used_as text,
    created_at integer not null,
    primary key (run_id, artifact_id)
) without rowid;
create index artifact_uses_by_artifact on artifact_uses (artifact_id);

create index artifact_manifests_by_sha256 on artifact_manifests (sha256) where sha256 is not null;
create index artifact_manifest_blobs_by_sha256 on artifact_manifest_blobs (sha256);
