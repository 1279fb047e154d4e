-- oldest writer: 0.1.0
-- Who does what only one server may do at a time. Times are the database's.
create table leases (
    name text primary key,
    owner text not null,
    token integer not null, -- grows with each new owner: what an older one still does is refused
    expires_at integer not null
);
