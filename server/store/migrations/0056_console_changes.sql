-- oldest writer: 0.1.0
-- Counts the lines of a run as they came: one that is written again gets a new number, so that who looks on hears of both. 0: of
-- an older server.
alter table console_lines add column change integer not null default 0;
create index console_lines_by_change on console_lines (run_id, change);
