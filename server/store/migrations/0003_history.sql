-- oldest writer: 0.1.0
-- Histories: what is not yet in a segment, which segments there are, and what is hidden of either.
-- kind: 0 history, 1 events. A source (a batch of the tail or a segment) has a seq; a mask or a cut hides rows of the
-- sources that are older than it.

create table history_runs (
    run_id bigint not null,
    kind bigint not null,
    next_seq bigint not null,
    line_count bigint not null,
    row_count bigint not null,
    point_count bigint not null,
    superseded_count bigint not null,
    duplicate_count bigint not null,
    first_step bigint not null,
    last_step bigint not null,
    tail_rows bigint not null,
    tail_bytes bigint not null,
    is_finished bigint not null,
    has_work bigint not null,
    primary key (run_id, kind)
) without rowid;
create index history_runs_with_work on history_runs (run_id, kind) where has_work = 1;

-- One writer of shared mode each; the ordinary writer's name is empty.
create table history_streams (
    run_id bigint not null,
    kind bigint not null,
    name text not null,
    stream bigint not null,
    line_count bigint not null,
    primary key (run_id, kind, name)
) without rowid;

-- Lines that never came.
create table history_gaps (
    run_id bigint not null,
    kind bigint not null,
    stream bigint not null,
    first_line bigint not null,
    last_line bigint not null,
    primary key (run_id, kind, stream, first_line)
) without rowid;

-- Every batch that was recorded, so that one sent again is known.
create table history_batches (
    run_id bigint not null,
    kind bigint not null,
    stream bigint not null,
    first_line bigint not null,
    line_count bigint not null,
    hash blob not null,
    primary key (run_id, kind, stream, first_line, line_count, hash)
) without rowid;

create table history_tail (
    id integer primary key,
    run_id bigint not null,
    kind bigint not null,
    seq bigint not null,
    stream bigint not null,
    row_count bigint not null,
    first_step bigint not null,
    last_step bigint not null,
    last_line bigint not null,
    data blob not null,
    unique (run_id, kind, seq)
);

-- These lines were written again by the source of this seq.
create table history_masks (
    run_id bigint not null,
    kind bigint not null,
    seq bigint not null,
    stream bigint not null,
    first_line bigint not null,
    last_line bigint not null,
    primary key (run_id, kind, seq, stream, first_line)
) without rowid;

-- A rewind or a fork: rows of later steps are hidden.
create table history_cuts (
    run_id bigint not null,
    kind bigint not null,
    seq bigint not null,
    last_step bigint not null,
    primary key (run_id, kind, seq)
) without rowid;

create table history_segments (
    id integer primary key,
    name text not null unique,
    row_count bigint not null,
    size_bytes bigint not null,
    first_step bigint not null,
    last_step bigint not null,
    last_line bigint not null,
    directory blob not null,
    created_at bigint not null
);

-- Which runs see a segment; forks share their parents'.
create table history_links (
    run_id bigint not null,
    kind bigint not null,
    segment_id bigint not null,
    seq bigint not null,
    generation bigint not null,
    primary key (run_id, kind, segment_id)
) without rowid;
create index history_links_by_segment on history_links (segment_id);

-- Files that no run links to any more.
create table history_garbage (
    name text primary key,
    unlinked_at bigint not null
) without rowid;

-- What clients may have cached for ever: the i-th file of entity/project/run.
create table history_handed_out (
    cache_name text not null,
    position bigint not null,
    name text not null,
    primary key (cache_name, position)
) without rowid;
