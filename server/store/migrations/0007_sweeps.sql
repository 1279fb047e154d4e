-- oldest writer: 0.1.0
-- Sweeps, the agents that work for them, and which run tries what.

-- state: see sweep.h. config: YAML as it was given. controller, scheduler: JSON, for a controller on the client's side.
-- seed: of everything that is drawn. next_number: of the next suggestion. next_point: where the grid is looked at next.
-- is_exhausted: there is nothing left to suggest. checked_at: when runs were last looked at for stopping early.
create table sweeps (
    id integer primary key autoincrement,
    project_id bigint not null references projects (id),
    name text not null,
    display_name text,
    description text,
    state bigint not null,
    config text not null,
    controller text,
    scheduler text,
    seed bigint not null,
    next_number bigint not null,
    next_point bigint not null,
    is_exhausted bigint not null,
    user_id bigint references users (id),
    created_at bigint not null,
    updated_at bigint not null,
    heartbeat_at bigint,
    checked_at bigint not null,
    deleted_at bigint
);
create unique index sweeps_name on sweeps (project_id, name);
create index sweeps_project on sweeps (project_id, id) where deleted_at is null;

-- exited_at: when it was told to end.
create table sweep_agents (
    id integer primary key autoincrement,
    sweep_id bigint not null references sweeps (id),
    name text not null,
    host text not null,
    user_id bigint references users (id),
    created_at bigint not null,
    heartbeat_at bigint not null,
    exited_at bigint,
    unique (sweep_id, name)
);

-- One row for each run of a sweep. state: see sweep_run.h. number: of the suggestion; null when the run was not made
-- by the sweep, or its suggestion went on to another run. args: what it tries, as the client gets it. args_hash: the
-- same, short. was_seen: its agent has said that it runs it. give_count: how often it was handed out.
-- outcome: 0 not known yet, 1 best and latest hold, 2 it never had a value. course: its values at Hyperband's brackets.
create table sweep_runs (
    id integer primary key autoincrement,
    sweep_id bigint not null references sweeps (id),
    run_id bigint not null unique references runs (id),
    agent_id bigint references sweep_agents (id),
    number bigint,
    state bigint not null,
    args text not null,
    args_hash text not null,
    given_at bigint,
    give_count bigint not null,
    was_seen bigint not null,
    outcome bigint not null,
    best double precision,
    latest double precision,
    course text
);
create unique index sweep_runs_number on sweep_runs (sweep_id, number) where number is not null;
create index sweep_runs_args on sweep_runs (sweep_id, args_hash);
create index sweep_runs_open on sweep_runs (sweep_id) where outcome = 0;
create index sweep_runs_agent on sweep_runs (agent_id) where agent_id is not null;
