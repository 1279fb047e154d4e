-- oldest writer: 0.1.0
-- Registries, members of single projects, automations, alerts and what was delivered of them, limits.

-- is_restricted: only members of the project itself (and administrators of its entity) see it.
-- allows_all_types: a registry takes artifacts of every type; otherwise of those it has.
alter table projects add column is_restricted integer not null default 0;
alter table projects add column allows_all_types integer not null default 1;
-- Bytes that its runs' files and its artifacts may hold; null: no limit.
alter table projects add column limit_bytes bigint;

-- Of a user or of a team, one of the two. role: 1 viewer, 2 member, 3 admin.
create table project_members (
    id integer primary key autoincrement,
    project_id integer not null references projects (id),
    user_id integer references users (id),
    team_id integer references entities (id),
    role integer not null,
    created_at integer not null
);
create unique index project_members_user on project_members (project_id, user_id) where user_id is not null;
create unique index project_members_team on project_members (project_id, team_id) where team_id is not null;

-- Webhooks that an entity's automations and alerts may call.
create table integrations (
    id integer primary key autoincrement,
    entity_id integer not null references entities (id),
    name text not null,
    url text not null,
    user_id integer references users (id),
    created_at integer not null,
    deleted_at integer
);
create unique index integrations_name on integrations (entity_id, name) where deleted_at is null;

-- scope_type: PROJECT, ARTIFACT_COLLECTION or ENTITY. entity_id: whose it is. project_id: 0 for the scope ENTITY.
-- event_filter, action_config: JSON as it was given.
create table automations (
    id integer primary key autoincrement,
    entity_id integer not null references entities (id),
    project_id integer not null,
    scope_type text not null,
    scope_id integer not null,
    name text not null,
    description text,
    is_enabled integer not null,
    event_type text not null,
    event_filter text not null,
    action_type text not null,
    action_config text not null,
    integration_id integer,
    user_id integer references users (id),
    created_at integer not null,
    updated_at integer not null,
    deleted_at integer
);
create unique index automations_name on automations (entity_id, name) where deleted_at is null;
create index automations_scope on automations (entity_id, project_id) where deleted_at is null;

-- What happened to artifacts, for automations to look at. Written in the transaction of the change.
create table automation_events (
    id integer primary key autoincrement,
    event_type text not null,
    entity_id integer not null,
    project_id integer not null,
    collection_id integer not null,
    artifact_id integer not null,
    word text not null,
    created_at integer not null
);

-- How far a project's runs have been looked at, by their version.
create table automation_cursors (
    project_id integer primary key,
    run_version integer not null
);

-- What an automation saw of a run last: its state, and whether the condition on its metric held.
create table automation_runs (
    automation_id integer not null,
    run_id integer not null,
    state integer not null,
    is_met integer not null,
    primary key (automation_id, run_id)
) without rowid;

-- kind: automation or alert. target: the address, for people to read. state: QUEUED, SENT or FAILED.
-- Whoever works on one holds it until leased_until, under a token that the end of the work is checked against.
create table deliveries (
    id integer primary key autoincrement,
    kind text not null,
    entity_id integer not null,
    project_id integer not null,
    automation_id integer,
    integration_id integer,
    run_id integer,
    target text not null,
    subject text not null,
    body text not null,
    state text not null,
    attempts integer not null,
    status_code integer,
    error text,
    next_at bigint not null,
    leased_until bigint not null,
    lease_token bigint not null,
    created_at bigint not null,
    sent_at bigint
);
create index deliveries_due on deliveries (next_at) where state = 'QUEUED';
create index deliveries_project on deliveries (project_id, id);
create index deliveries_automation on deliveries (automation_id, id) where automation_id is not null;

-- Whom alerts reach. user_id 0: everybody's setting of the project (its webhook); project_id 0: a user's own for all.
create table alert_settings (
    project_id integer not null,
    user_id integer not null,
    integration_id integer,
    wants_email integer,
    least_severity text not null,
    primary key (project_id, user_id)
) without rowid;
