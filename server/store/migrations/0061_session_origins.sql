-- oldest writer: 0.1.0
-- A session with neither a key nor this was begun with a password; when passwords are turned off it ends. Those that were begun at
-- a provider before this was noted end with them, once.
alter table sessions add column by_provider integer not null default 0;
