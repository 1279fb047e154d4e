-- oldest writer: 0.1.0
-- Projects and runs. What is deleted stays as a tombstone, without content, so that late arrivals can be told and
-- a name that is used again is known to have been used.

-- run_version: counts the changes of the project's runs; each change gives its run the new number.
-- run_number: counts the runs ever made here, for the names that are made up for them.
create table projects (
    id integer primary key autoincrement,
    entity_id integer not null references entities (id),
    name text not null,
    description text,
    visibility integer not null,
    folder text,
    created_by integer references users (id),
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer,
    run_version integer not null,
    run_number integer not null
);
create unique index projects_name on projects (entity_id, name) where deleted_at is null;
create index projects_entity on projects (entity_id, id) where deleted_at is null;

-- state: see run_state.h. tags: a JSON list of strings. sweep: the sweep's short name.
-- moved_to: this row is only the place that a run was moved away from.
-- is_reused: another run had this name here before.
create table runs (
    id integer primary key autoincrement,
    project_id integer not null references projects (id),
    name text not null,
    display_name text,
    description text,
    notes text,
    group_name text,
    job_type text,
    sweep text,
    host text,
    program text,
    repo text,
    commit_hash text,
    tags text not null,
    state integer not null,
    user_id integer references users (id),
    created_at integer not null,
    updated_at integer not null,
    heartbeat_at integer not null,
    ended_at integer,
    exit_code integer,
    is_stop_requested integer not null,
    is_debug integer not null,
    is_reused integer not null,
    fork_run_id integer,
    fork_step integer,
    version integer not null,
    deleted_at integer,
    moved_to integer
);
create unique index runs_name on runs (project_id, name) where deleted_at is null;
create index runs_tombstones on runs (project_id, name) where deleted_at is not null;
create index runs_version on runs (project_id, version);
create index runs_alive on runs (heartbeat_at) where state in (1, 2) and deleted_at is null;
create index runs_sweep on runs (project_id, sweep) where sweep is not null;
create index runs_fork on runs (fork_run_id) where fork_run_id is not null;

-- Apart from runs, because a heartbeat would rewrite them with its row. JSON as it was given.
create table run_configs (
    run_id integer primary key references runs (id),
    config text not null
);
create table run_summaries (
    run_id integer primary key references runs (id),
    summary text not null
);

create table run_alerts (
    id integer primary key autoincrement,
    run_id integer not null references runs (id),
    title text not null,
    text text not null,
    severity text not null,
    created_at integer not null
);
create index run_alerts_run on run_alerts (run_id, title, created_at);
