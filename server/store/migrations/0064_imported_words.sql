-- oldest writer: 0.1.0
-- What an import brings is history and no news.

-- author: who said it where it was imported from; null for what was said here.
alter table discussion_comments add column author text;
-- Imported alerts are listed with their run, and nobody is told of them.
alter table run_alerts add column is_imported integer not null default 0;
