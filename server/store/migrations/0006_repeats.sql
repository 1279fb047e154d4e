-- oldest writer: 0.1.0
-- Lines that brought a row again that was stored under an earlier line: they hold none of their own.

create table history_repeats (
    run_id bigint not null,
    kind bigint not null,
    stream bigint not null,
    first_line bigint not null,
    last_line bigint not null,
    primary key (run_id, kind, stream, first_line)
) without rowid;

alter table history_runs add column repeated_count bigint not null default 0;
