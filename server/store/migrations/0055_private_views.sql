-- oldest writer: 0.1.0
-- A saved workspace may be its author's alone, as drafts of reports are.
alter table views add column is_private integer not null default 0;
