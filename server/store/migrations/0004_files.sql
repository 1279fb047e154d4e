-- oldest writer: 0.1.0
-- Files of runs, console lines, what was set aside, and the counters of the receipt.

-- What bytes there are. A blob that no row links to is garbage after a day.
create table blobs (
    sha256 blob primary key,
    size_bytes integer not null,
    created_at integer not null
);

-- A file that was announced and has not come yet has no sha256.
create table run_files (
    id integer primary key autoincrement,
    run_id integer not null,
    path text not null,
    sha256 blob,
    md5 blob,
    size_bytes integer not null default 0,
    announced_at integer not null,
    uploaded_at integer,
    unique (run_id, path)
);
create index run_files_by_sha256 on run_files (sha256) where sha256 is not null;

-- One row a line: carriage returns rewrite lines that were sent before, by number. A stream is a writer of shared mode.
create table console_lines (
    run_id integer not null,
    stream text not null,
    number integer not null,
    line text not null,
    primary key (run_id, stream, number)
) without rowid;

-- Lines that could not be read, raw, within a cap per run.
create table set_aside_lines (
    id integer primary key autoincrement,
    run_id integer not null,
    file text not null,
    line integer not null,
    reason text not null,
    raw blob not null,
    received_at integer not null
);
create index set_aside_lines_by_run on set_aside_lines (run_id);

-- What came in over file_stream, beside the counters that history keeps of its rows.
create table stream_receipts (
    run_id integer primary key,
    request_count integer not null default 0,
    byte_count integer not null default 0,
    console_line_count integer not null default 0,
    console_rewritten_count integer not null default 0,
    set_aside_count integer not null default 0,
    set_aside_bytes integer not null default 0,
    summary_count integer not null default 0,
    client_dropped_count integer not null default 0,
    first_at integer not null,
    last_at integer not null
);
