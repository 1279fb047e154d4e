-- oldest writer: 0.1.0
-- Small bytes stay in the database for good: no file each, no sync of their own. A blob gets a number for them to be kept under, so
-- that they are written one after the other, and what is looked through by digest stays small.
create table numbered_blobs (
    id integer primary key,
    sha256 blob not null unique,
    size_bytes integer not null,
    created_at integer not null
);
insert into numbered_blobs (sha256, size_bytes, created_at) select sha256, size_bytes, created_at from blobs;
drop table blobs;
alter table numbered_blobs rename to blobs;

create table blob_bytes (
    blob_id integer primary key,
    bytes blob not null
);

-- What a server that was killed had not written to files yet. Those of blobs that are going go with them.
insert into blob_bytes (blob_id, bytes)
    select b.id, h.bytes from held_bytes h join blobs b on b.sha256 = h.sha256
    where b.created_at >= 0 and b.size_bytes >= 0 on conflict (blob_id) do nothing;
drop table held_bytes;
