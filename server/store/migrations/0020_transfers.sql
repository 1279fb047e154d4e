-- oldest writer: 0.1.0
-- What `barograph migrate` remembers of what it has not finished: kind 'begun', and kind 'constraint' with the
-- references that were taken away meanwhile. Empty in a database that may be served.
create table transfers (
    kind text not null,
    table_name text not null,
    name text not null,
    detail text not null,
    primary key (kind, table_name, name)
) without rowid;
