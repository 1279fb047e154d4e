-- oldest writer: 0.1.0
-- The last transaction of each thread that writes to PostgreSQL, changed by it with all else: how a commit ended whose answer
-- was lost. The number that PostgreSQL gives a transaction does not tell: after a crash it may be given to another.
create table write_marks (
    writer text primary key,
    mark integer not null,
    written_at integer not null -- those of writers that are long gone are removed
);
-- Rows are changed with every commit, in place: a page with room needs no new entry of the index, which would be in the way of
-- serializable transactions that looked their own row up there.
-- postgresql: alter table write_marks set (fillfactor = 20);
