-- oldest writer: 0.1.0
-- The bytes of small blobs whose files may not be on the disk yet. They are committed with the row that links them, so that an
-- upload waits for one sync and not for three; a row goes once its file is synced, and a server that starts writes the files of
-- those that are left.
create table held_bytes (
    id integer primary key,
    sha256 blob not null,
    bytes blob not null
);
