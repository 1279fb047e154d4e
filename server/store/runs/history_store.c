/* history_store.c - see history_store.h. */
#include "server/store/runs/history_store.h"

enum { DELETED_AT_ONCE = 1000 };

#define ID_ARGS(id) DB_INT((id).run), DB_INT((id).kind)

/* Reads a result into an array: a function per row, the array grown as needed. */
typedef void read_row(const struct db_rows *rows, void *item, struct arena *arena);

static enum err_code read_all(struct db_rows *rows, read_row *read, size_t item_bytes, void **out, size_t *count,
                              struct arena *arena, struct err *err) {
    size_t used = 0, room = 16;
    char *items = arena_alloc(arena, room * item_bytes);

    while (db_next(rows)) {
        if (used == room) {
            items = arena_grow(arena, items, room, room * 2, item_bytes);
            room *= 2;
        }
        memset(items + used * item_bytes, 0, item_bytes);
        read(rows, items + used++ * item_bytes, arena);
    }
    *out = items;
    *count = used;
    return db_end(rows, err);
}

/* ---- counters ---- */

#define COUNTERS                                                                                                         \
    "c.next_seq, c.line_count, c.row_count, c.point_count, c.superseded_count, c.duplicate_count, c.first_step,"         \
    " c.last_step, c.tail_rows, c.tail_bytes, c.is_finished, c.has_work, c.repeated_count"

static struct stored_counters read_counters(const struct db_rows *rows) {
    return (struct stored_counters){
        .next_seq = db_int(rows, 0),
        .line_count = db_int(rows, 1),
        .row_count = db_int(rows, 2),
        .point_count = db_int(rows, 3),
        .superseded_count = db_int(rows, 4),
        .duplicate_count = db_int(rows, 5),
        .first_step = db_int(rows, 6),
        .last_step = db_int(rows, 7),
        .tail_rows = db_int(rows, 8),
        .tail_bytes = db_int(rows, 9),
        .is_finished = db_int(rows, 10) != 0,
        .has_work = db_int(rows, 11) != 0,
        .repeated_count = db_int(rows, 12),
    };
}

static const struct stored_counters no_counters = { .next_seq = 1, .first_step = INT64_MAX, .last_step = INT64_MIN };

enum err_code history_store_get(struct db_tx *tx, struct history_id id, struct stored_counters *out, struct err *err) {
    struct db_rows *rows;

    TRY(db_query(tx, &rows, DB_ARGS(ID_ARGS(id)),
                 "select " COUNTERS " from history_runs c where c.run_id = $1 and c.kind = $2", err));
    *out = db_next(rows) ? read_counters(rows) : no_counters;
    return db_end(rows, err);
}

enum err_code history_store_put(struct db_tx *tx, struct history_id id, const struct stored_counters *c, struct err *err) {
    return db_exec(tx,
                   DB_ARGS(ID_ARGS(id), DB_INT(c->next_seq), DB_INT(c->line_count), DB_INT(c->row_count),
                           DB_INT(c->point_count), DB_INT(c->superseded_count), DB_INT(c->duplicate_count),
                           DB_INT(c->first_step), DB_INT(c->last_step), DB_INT(c->tail_rows), DB_INT(c->tail_bytes),
                           DB_INT(c->is_finished), DB_INT(c->has_work), DB_INT(c->repeated_count)),
                   "insert into history_runs (run_id, kind, next_seq, line_count, row_count, point_count,"
                   " superseded_count, duplicate_count, first_step, last_step, tail_rows, tail_bytes, is_finished,"
                   " has_work, repeated_count)"
                   " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
                   " on conflict (run_id, kind) do update set next_seq = excluded.next_seq,"
                   " line_count = excluded.line_count, row_count = excluded.row_count,"
                   " point_count = excluded.point_count, superseded_count = excluded.superseded_count,"
                   " duplicate_count = excluded.duplicate_count, first_step = excluded.first_step,"
                   " last_step = excluded.last_step, tail_rows = excluded.tail_rows,"
                   " tail_bytes = excluded.tail_bytes, is_finished = excluded.is_finished,"
                   " has_work = excluded.has_work, repeated_count = excluded.repeated_count",
                   err);
}

enum err_code history_store_find_work(struct db_tx *tx, struct history_id after, size_t max, struct history_id *out,
                                      size_t *count, struct err *err) {
    struct db_rows *rows;

    *count = 0;
    TRY(db_query(tx, &rows, DB_ARGS(ID_ARGS(after), DB_INT(max)),
                 "select run_id, kind from history_runs where has_work = 1"
                 " and (run_id > $1 or (run_id = $1 and kind > $2)) order by run_id, kind limit $3",
                 err));
    while (*count < max && db_next(rows))
        out[(*count)++] = (struct history_id){ db_int(rows, 0), db_int(rows, 1) };
    return db_end(rows, err);
}

enum err_code history_store_finish(struct db_tx *tx, int64_t run, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(run)),
                   "update history_runs set is_finished = 1, has_work = 1 where run_id = $1 and is_finished = 0", err);
}

/* ---- streams, batches and gaps ---- */

static enum err_code add_stream(struct db_tx *tx, struct history_id id, struct str name, struct stored_stream *out, struct err *err) {
    struct db_rows *rows;

    TRY(db_query(tx, &rows, DB_ARGS(ID_ARGS(id), DB_TEXT(name)),
                 "insert into history_streams (run_id, kind, name, stream, line_count)"
                 " values ($1, $2, $3, (select count(*) from history_streams where run_id = $1 and kind = $2), 0)"
                 " returning stream",
                 err));
    if (db_next(rows))
        *out = (struct stored_stream){ db_int(rows, 0), 0 };
    return db_end(rows, err);
}

enum err_code history_store_open(struct db_tx *tx, struct history_id id, struct str stream_name,
                                 const struct recorded_batch *batch, struct stored_place *out, struct err *err) {
    enum { STREAM = 13, LINE_COUNT, IS_RECORDED };
    struct db_rows *rows;

    TRY(db_lock(tx, DB_ARGS(ID_ARGS(id)), "select locked.kind from history_runs locked where locked.run_id = $1 and locked.kind = $2", err));
    TRY(db_query(tx, &rows,
                 DB_ARGS(ID_ARGS(id), DB_TEXT(stream_name), DB_INT(batch->first_line), DB_INT(batch->line_count),
                         DB_BLOB(batch->hash)),
                 "select " COUNTERS ", s.stream, s.line_count,"
                 " (select count(*) from history_batches b where b.run_id = $1 and b.kind = $2 and b.stream = s.stream"
                 " and b.first_line = $4 and b.line_count = $5 and b.hash = $6)"
                 " from (select 1) one left join history_runs c on c.run_id = $1 and c.kind = $2"
                 " left join history_streams s on s.run_id = $1 and s.kind = $2 and s.name = $3",
                 err));
    bool has_row = db_next(rows), has_stream = has_row && !db_is_null(rows, STREAM);
    *out = (struct stored_place){ .counters = has_row && !db_is_null(rows, 0) ? read_counters(rows) : no_counters };
    if (has_stream) {
        out->stream = (struct stored_stream){ db_int(rows, STREAM), db_int(rows, LINE_COUNT) };
        out->is_recorded = db_int(rows, IS_RECORDED) > 0;
    }
    TRY(db_end(rows, err));
    return has_stream ? OK : add_stream(tx, id, stream_name, &out->stream, err);
}

enum err_code history_store_put_stream(struct db_tx *tx, struct history_id id, struct str name, int64_t line_count,
                                       struct err *err) {
    return db_exec(tx, DB_ARGS(ID_ARGS(id), DB_TEXT(name), DB_INT(line_count)),
                   "update history_streams set line_count = $4 where run_id = $1 and kind = $2 and name = $3", err);
}

enum err_code history_store_shorten(struct db_tx *tx, struct history_id id, int64_t line_count, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(line_count)),
                "update history_streams set line_count = $3 where run_id = $1 and kind = $2 and line_count > $3", err));
    TRY(db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(line_count)),
                "delete from history_batches where run_id = $1 and kind = $2 and first_line + line_count > $3", err));
    TRY(db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(line_count)),
                "delete from history_gaps where run_id = $1 and kind = $2 and first_line >= $3", err));
    TRY(db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(line_count)),
                "update history_gaps set last_line = $3 - 1 where run_id = $1 and kind = $2 and last_line >= $3", err));
    TRY(db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(line_count)),
                "delete from history_repeats where run_id = $1 and kind = $2 and first_line >= $3", err));
    return db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(line_count)),
                   "update history_repeats set last_line = $3 - 1 where run_id = $1 and kind = $2 and last_line >= $3", err);
}

enum err_code history_store_record(struct db_tx *tx, struct history_id id, int64_t stream, const struct recorded_batch *batch,
                                   struct err *err) {
    return db_exec(tx,
                   DB_ARGS(ID_ARGS(id), DB_INT(stream), DB_INT(batch->first_line), DB_INT(batch->line_count), DB_BLOB(batch->hash)),
                   "insert into history_batches (run_id, kind, stream, first_line, line_count, hash)"
                   " values ($1, $2, $3, $4, $5, $6)",
                   err);
}

enum err_code history_store_add_gap(struct db_tx *tx, struct history_id id, struct stored_lines gap, struct err *err) {
    return db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(gap.stream), DB_INT(gap.first), DB_INT(gap.last)),
                   "insert into history_gaps (run_id, kind, stream, first_line, last_line) values ($1, $2, $3, $4, $5)",
                   err);
}

enum err_code history_store_remove_gap(struct db_tx *tx, struct history_id id, struct stored_lines gap, struct err *err) {
    return db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(gap.stream), DB_INT(gap.first)),
                   "delete from history_gaps where run_id = $1 and kind = $2 and stream = $3 and first_line = $4", err);
}

static void read_lines(const struct db_rows *rows, void *item, struct arena *arena) {
    struct stored_lines *lines = item;
    *lines = (struct stored_lines){ .stream = db_int(rows, 0), .first = db_int(rows, 1), .last = db_int(rows, 2) };
    lines->stream_name = db_str(rows, 3, arena);
}

enum err_code history_store_gaps(struct db_tx *tx, struct history_id id, struct stored_lines within,
                                 struct stored_lines **out, size_t *count, struct arena *arena, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(ID_ARGS(id), DB_INT(within.stream), DB_INT(within.first), DB_INT(within.last)),
                 "select stream, first_line, last_line, null from history_gaps where run_id = $1 and kind = $2"
                 " and stream = $3 and last_line >= $4 and first_line <= $5 order by first_line",
                 err));
    return read_all(rows, read_lines, sizeof(**out), (void **)out, count, arena, err);
}

enum err_code history_store_add_repeat(struct db_tx *tx, struct history_id id, struct stored_lines lines, struct err *err) {
    return db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(lines.stream), DB_INT(lines.first), DB_INT(lines.last)),
                   "insert into history_repeats (run_id, kind, stream, first_line, last_line) values ($1, $2, $3, $4, $5)",
                   err);
}

enum err_code history_store_remove_repeat(struct db_tx *tx, struct history_id id, struct stored_lines lines, struct err *err) {
    return db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(lines.stream), DB_INT(lines.first)),
                   "delete from history_repeats where run_id = $1 and kind = $2 and stream = $3 and first_line = $4", err);
}

enum err_code history_store_repeats(struct db_tx *tx, struct history_id id, struct stored_lines within,
                                    struct stored_lines **out, size_t *count, struct arena *arena, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(ID_ARGS(id), DB_INT(within.stream), DB_INT(within.first), DB_INT(within.last)),
                 "select stream, first_line, last_line, null from history_repeats where run_id = $1 and kind = $2"
                 " and stream = $3 and last_line >= $4 and first_line <= $5 order by first_line",
                 err));
    return read_all(rows, read_lines, sizeof(**out), (void **)out, count, arena, err);
}

enum err_code history_store_list_gaps(struct db_tx *tx, struct history_id id, size_t max, struct stored_lines **out,
                                      size_t *count, struct arena *arena, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(ID_ARGS(id), DB_INT(max)),
                 "select gap.stream, gap.first_line, gap.last_line, stream.name from history_gaps gap"
                 " join history_streams stream on stream.run_id = gap.run_id and stream.kind = gap.kind"
                 " and stream.stream = gap.stream where gap.run_id = $1 and gap.kind = $2"
                 " order by gap.stream, gap.first_line limit $3",
                 err));
    return read_all(rows, read_lines, sizeof(**out), (void **)out, count, arena, err);
}

enum err_code history_store_add_mask(struct db_tx *tx, struct history_id id, struct stored_lines mask, struct err *err) {
    return db_exec(tx,
                   DB_ARGS(ID_ARGS(id), DB_INT(mask.seq), DB_INT(mask.stream), DB_INT(mask.first), DB_INT(mask.last)),
                   "insert into history_masks (run_id, kind, seq, stream, first_line, last_line)"
                   " values ($1, $2, $3, $4, $5, $6)",
                   err);
}

enum err_code history_store_add_cut(struct db_tx *tx, struct history_id id, int64_t seq, int64_t last_step, struct err *err) {
    return db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(seq), DB_INT(last_step)),
                   "insert into history_cuts (run_id, kind, seq, last_step) values ($1, $2, $3, $4)", err);
}

enum err_code history_store_prune(struct db_tx *tx, struct history_id id, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(ID_ARGS(id)),
                "delete from history_masks where run_id = $1 and kind = $2 and not exists (select 1 from history_tail t"
                " where t.run_id = $1 and t.kind = $2 and t.seq < history_masks.seq) and not exists (select 1"
                " from history_links l where l.run_id = $1 and l.kind = $2 and l.seq < history_masks.seq)",
                err));
    return db_exec(tx, DB_ARGS(ID_ARGS(id)),
                   "delete from history_cuts where run_id = $1 and kind = $2 and not exists (select 1 from history_tail t"
                   " where t.run_id = $1 and t.kind = $2 and t.seq < history_cuts.seq) and not exists (select 1"
                   " from history_links l where l.run_id = $1 and l.kind = $2 and l.seq < history_cuts.seq)",
                   err);
}

/* ---- the tail ---- */

enum err_code history_store_add_batch(struct db_tx *tx, struct history_id id, const struct stored_batch *batch,
                                      struct err *err) {
    return db_exec(tx,
                   DB_ARGS(ID_ARGS(id), DB_INT(batch->seq), DB_INT(batch->stream), DB_INT(batch->row_count),
                           DB_INT(batch->first_step), DB_INT(batch->last_step), DB_INT(batch->last_line),
                           DB_BLOB(batch->data)),
                   "insert into history_tail (run_id, kind, seq, stream, row_count, first_step, last_step, last_line,"
                   " data) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   err);
}

enum err_code history_store_remove_batch(struct db_tx *tx, struct history_id id, int64_t seq, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(seq)),
                "delete from history_tail where run_id = $1 and kind = $2 and seq = $3", err));
    if (db_changed(tx) != 1)
        return err_set(err, ERR_CONFLICT, "batch %lld of run %lld is gone", (long long)seq, (long long)id.run);
    return OK;
}

/* ---- segments ---- */

enum err_code history_store_add_segment(struct db_tx *tx, struct history_id id, struct stored_segment *segment,
                                        struct str directory, int64_t now_ms, struct err *err) {
    struct db_rows *rows;

    TRY(db_query(tx, &rows,
                 DB_ARGS(DB_TEXT(segment->name), DB_INT(segment->row_count), DB_INT(segment->size_bytes),
                         DB_INT(segment->first_step), DB_INT(segment->last_step), DB_INT(segment->last_line),
                         DB_BLOB(directory), DB_INT(now_ms)),
                 "insert into history_segments (name, row_count, size_bytes, first_step, last_step, last_line,"
                 " directory, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
                 err));
    if (db_next(rows))
        segment->id = db_int(rows, 0);
    TRY(db_end(rows, err));
    return db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(segment->id), DB_INT(segment->seq), DB_INT(segment->generation)),
                   "insert into history_links (run_id, kind, segment_id, seq, generation) values ($1, $2, $3, $4, $5)",
                   err);
}

static enum err_code drop_unlinked_segment(struct db_tx *tx, int64_t segment, int64_t now_ms, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(segment), DB_INT(now_ms)),
                "insert into history_garbage (name, unlinked_at) select name, $2 from history_segments where id = $1"
                " and not exists (select 1 from history_links where segment_id = $1)",
                err));
    return db_exec(tx, DB_ARGS(DB_INT(segment)),
                   "delete from history_segments where id = $1"
                   " and not exists (select 1 from history_links where segment_id = $1)",
                   err);
}

enum err_code history_store_unlink(struct db_tx *tx, struct history_id id, int64_t segment, int64_t now_ms, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(segment)),
                "delete from history_links where run_id = $1 and kind = $2 and segment_id = $3", err));
    if (db_changed(tx) != 1)
        return err_set(err, ERR_CONFLICT, "segment %lld of run %lld is gone", (long long)segment, (long long)id.run);
    return drop_unlinked_segment(tx, segment, now_ms, err);
}

enum err_code history_store_get_directory(struct db_tx *tx, int64_t segment, struct str *out, struct arena *arena,
                                          struct err *err) {
    struct db_rows *rows;
    bool found = false;

    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(segment)), "select directory from history_segments where id = $1", err));
    if (db_next(rows)) {
        *out = db_str(rows, 0, arena);
        found = true;
    }
    TRY(db_end(rows, err));
    return found ? OK : err_set(err, ERR_NOT_FOUND, "segment %lld is gone", (long long)segment);
}

/* ---- reading a history ---- */

static void read_batch(const struct db_rows *rows, void *item, struct arena *arena) {
    struct stored_batch *batch = item;
    *batch = (struct stored_batch){
        .seq = db_int(rows, 0),
        .stream = db_int(rows, 1),
        .row_count = db_int(rows, 2),
        .first_step = db_int(rows, 3),
        .last_step = db_int(rows, 4),
        .last_line = db_int(rows, 5),
        .size_bytes = db_int(rows, 6),
        .data = db_str(rows, 7, arena),
    };
}

static void read_segment(const struct db_rows *rows, void *item, struct arena *arena) {
    struct stored_segment *segment = item;
    *segment = (struct stored_segment){
        .id = db_int(rows, 0),
        .seq = db_int(rows, 1),
        .generation = db_int(rows, 2),
        .row_count = db_int(rows, 3),
        .size_bytes = db_int(rows, 4),
        .first_step = db_int(rows, 5),
        .last_step = db_int(rows, 6),
        .last_line = db_int(rows, 7),
        .name = db_str(rows, 8, arena),
        .link_count = db_int(rows, 9),
    };
}

static void read_mask(const struct db_rows *rows, void *item, struct arena *arena) {
    (void)arena;
    *(struct stored_lines *)item = (struct stored_lines){ .seq = db_int(rows, 0), .stream = db_int(rows, 1),
                                                          .first = db_int(rows, 2), .last = db_int(rows, 3) };
}

static void read_cut(const struct db_rows *rows, void *item, struct arena *arena) {
    (void)arena;
    *(struct stored_cut *)item = (struct stored_cut){ db_int(rows, 0), db_int(rows, 1) };
}

/* What a history is made of, asked for at once. */
struct load {
    struct db_rows *counters, *batches, *segments, *masks, *cuts;
};

static enum err_code ask(struct db_tx *tx, struct history_id id, const struct history_wanted *wanted, struct load *load,
                         struct err *err) {
    TRY(db_query_ahead(tx, &load->counters, DB_ARGS(ID_ARGS(id)),
                       "select " COUNTERS " from history_runs c where c.run_id = $1 and c.kind = $2", err));
    TRY(db_query_ahead(tx, &load->batches,
                       DB_ARGS(ID_ARGS(id), DB_INT(wanted->first_step), DB_INT(wanted->last_step), DB_INT(wanted->last_seq),
                               DB_INT(wanted->wants_data)),
                       "select seq, stream, row_count, first_step, last_step, last_line, length(data),"
                       " case when $6 = 1 then data else null end from history_tail"
                       " where run_id = $1 and kind = $2 and last_step >= $3 and first_step <= $4 and seq <= $5 order by seq",
                       err));
    TRY(db_query_ahead(tx, &load->segments,
                       DB_ARGS(ID_ARGS(id), DB_INT(wanted->first_step), DB_INT(wanted->last_step), DB_INT(wanted->last_seq)),
                       "select s.id, l.seq, l.generation, s.row_count, s.size_bytes, s.first_step, s.last_step, s.last_line,"
                       " s.name, (select count(*) from history_links other where other.segment_id = s.id)"
                       " from history_links l join history_segments s on s.id = l.segment_id where l.run_id = $1"
                       " and l.kind = $2 and s.last_step >= $3 and s.first_step <= $4 and l.seq <= $5"
                       " order by l.seq, s.first_step, s.id",
                       err));
    TRY(db_query_ahead(tx, &load->masks, DB_ARGS(ID_ARGS(id)),
                       "select seq, stream, first_line, last_line from history_masks where run_id = $1 and kind = $2", err));
    return db_query_ahead(tx, &load->cuts, DB_ARGS(ID_ARGS(id)),
                          "select seq, last_step from history_cuts where run_id = $1 and kind = $2", err);
}

enum err_code history_store_load(struct db_tx *tx, struct history_id id, const struct history_wanted *wanted,
                                 struct stored_history *out, struct arena *arena, struct err *err) {
    struct load load;

    TRY(ask(tx, id, wanted, &load, err));
    out->counters = db_next(load.counters) ? read_counters(load.counters) : no_counters;
    TRY(db_end(load.counters, err));
    TRY(read_all(load.batches, read_batch, sizeof(*out->batches), (void **)&out->batches, &out->batch_count, arena, err));
    TRY(read_all(load.segments, read_segment, sizeof(*out->segments), (void **)&out->segments, &out->segment_count, arena, err));
    TRY(read_all(load.masks, read_mask, sizeof(*out->masks), (void **)&out->masks, &out->mask_count, arena, err));
    return read_all(load.cuts, read_cut, sizeof(*out->cuts), (void **)&out->cuts, &out->cut_count, arena, err);
}

/* ---- forks and deletion ---- */

/* At most $3 rows of one history. */
#define REMOVE_SOME(table, key)                                                                                          \
    "delete from " table " where run_id = $1 and kind = $2 and (" key ") in"                                             \
    " (select " key " from " table " where run_id = $1 and kind = $2 limit $3)"

/* One row a table: what a fork takes over of it, and how it is emptied; the counters last, because a history is there as
 * long as they are. */
static const struct {
    const char *copy, *remove;
} tables[] = {
    { "insert into history_streams (run_id, kind, name, stream, line_count) select $3, $4, name, stream, line_count"
      " from history_streams where run_id = $1 and kind = $2",
      REMOVE_SOME("history_streams", "name") },
    { "insert into history_gaps (run_id, kind, stream, first_line, last_line) select $3, $4, stream, first_line,"
      " last_line from history_gaps where run_id = $1 and kind = $2",
      REMOVE_SOME("history_gaps", "stream, first_line") },
    { "insert into history_repeats (run_id, kind, stream, first_line, last_line) select $3, $4, stream, first_line,"
      " last_line from history_repeats where run_id = $1 and kind = $2",
      REMOVE_SOME("history_repeats", "stream, first_line") },
    { NULL, /* its own writer sent none of them */
      REMOVE_SOME("history_batches", "stream, first_line, line_count, hash") },
    { "insert into history_tail (run_id, kind, seq, stream, row_count, first_step, last_step, last_line, data)"
      " select $3, $4, seq, stream, row_count, first_step, last_step, last_line, data from history_tail"
      " where run_id = $1 and kind = $2",
      REMOVE_SOME("history_tail", "seq") },
    { "insert into history_masks (run_id, kind, seq, stream, first_line, last_line) select $3, $4, seq, stream,"
      " first_line, last_line from history_masks where run_id = $1 and kind = $2",
      REMOVE_SOME("history_masks", "seq, stream, first_line") },
    { "insert into history_cuts (run_id, kind, seq, last_step) select $3, $4, seq, last_step from history_cuts"
      " where run_id = $1 and kind = $2",
      REMOVE_SOME("history_cuts", "seq") },
    { "insert into history_links (run_id, kind, segment_id, seq, generation) select $3, $4, segment_id, seq,"
      " generation from history_links where run_id = $1 and kind = $2",
      REMOVE_SOME("history_links", "segment_id") },
    { "insert into history_runs (run_id, kind, next_seq, line_count, row_count, point_count, superseded_count,"
      " duplicate_count, first_step, last_step, tail_rows, tail_bytes, is_finished, has_work, repeated_count)"
      " select $3, $4, next_seq, line_count, row_count, point_count, superseded_count, duplicate_count, first_step,"
      " last_step, tail_rows, tail_bytes, 0, has_work, repeated_count from history_runs"
      " where run_id = $1 and kind = $2",
      REMOVE_SOME("history_runs", "run_id") },
};
enum { TABLE_COUNT = sizeof(tables) / sizeof(tables[0]) };

enum err_code history_store_copy(struct db_tx *tx, struct history_id from, struct history_id to, struct err *err) {
    for (size_t i = 0; i < TABLE_COUNT; i++)
        if (tables[i].copy != NULL)
            TRY(db_exec(tx, DB_ARGS(ID_ARGS(from), ID_ARGS(to)), tables[i].copy, err));
    return OK;
}

static void read_id(const struct db_rows *rows, void *item, struct arena *arena) {
    (void)arena;
    *(int64_t *)item = db_int(rows, 0);
}

static enum err_code unlink_some(struct db_tx *tx, struct history_id id, int64_t max, int64_t now_ms, int64_t *removed,
                                 struct arena *arena, struct err *err) {
    struct db_rows *rows;
    int64_t *segments;
    size_t count;

    TRY(db_query(tx, &rows, DB_ARGS(ID_ARGS(id), DB_INT(max)),
                 "select segment_id from history_links where run_id = $1 and kind = $2 limit $3", err));
    TRY(read_all(rows, read_id, sizeof(*segments), (void **)&segments, &count, arena, err));
    for (size_t i = 0; i < count; i++)
        TRY(history_store_unlink(tx, id, segments[i], now_ms, err));
    *removed = (int64_t)count;
    return OK;
}

enum err_code history_store_delete_some(struct db_tx *tx, struct history_id id, int64_t max, int64_t now_ms, int64_t *removed,
                                        struct err *err) {
    struct arena *arena = arena_create();
    enum err_code code = unlink_some(tx, id, max, now_ms, removed, arena, err);

    for (size_t i = 0; i < TABLE_COUNT && code == OK && *removed < max; i++) {
        code = db_exec(tx, DB_ARGS(ID_ARGS(id), DB_INT(max - *removed)), tables[i].remove, err);
        *removed += db_changed(tx);
    }
    arena_destroy(arena);
    return code;
}

enum err_code history_store_delete(struct db_tx *tx, struct history_id id, int64_t now_ms, struct err *err) {
    int64_t removed;
    do
        TRY(history_store_delete_some(tx, id, DELETED_AT_ONCE, now_ms, &removed, err));
    while (removed == DELETED_AT_ONCE);
    return OK;
}

/* ---- files ---- */

static void read_name(const struct db_rows *rows, void *item, struct arena *arena) {
    *(struct str *)item = db_str(rows, 0, arena);
}

enum err_code history_store_list_garbage(struct db_tx *tx, int64_t before_ms, size_t max, struct str **names, size_t *count,
                                         struct arena *arena, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(before_ms), DB_INT(max)),
                 "select name from history_garbage where unlinked_at <= $1 order by unlinked_at limit $2", err));
    return read_all(rows, read_name, sizeof(**names), (void **)names, count, arena, err);
}

enum err_code history_store_drop_garbage(struct db_tx *tx, struct str name, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_TEXT(name)), "delete from history_garbage where name = $1", err);
}

enum err_code history_store_has_segment(struct db_tx *tx, struct str name, bool *out, int64_t *size_bytes, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(name)), "select size_bytes from history_segments where name = $1", err));
    *out = db_next(rows);
    if (*out)
        *size_bytes = db_int(rows, 0);
    return db_end(rows, err);
}

enum err_code history_store_names_file(struct db_tx *tx, struct str name, bool *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(name)),
                 "select 1 from history_segments where name = $1 union all select 1 from history_garbage where name = $1",
                 err));
    *out = db_next(rows);
    return db_end(rows, err);
}

enum err_code history_store_find_readers(struct db_tx *tx, struct str name, int64_t after, size_t max, int64_t *runs,
                                         size_t *count, struct err *err) {
    struct db_rows *rows;

    *count = 0;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(name), DB_INT(after), DB_INT(max)),
                 "select distinct l.run_id from history_segments s join history_links l on l.segment_id = s.id"
                 " where s.name = $1 and l.run_id > $2 order by l.run_id limit $3",
                 err));
    while (*count < max && db_next(rows))
        runs[(*count)++] = db_int(rows, 0);
    return db_end(rows, err);
}

enum err_code history_store_handed_out(struct db_tx *tx, struct str cache_name, int64_t position, struct str *out,
                                       struct arena *arena, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(cache_name), DB_INT(position)),
                 "select name from history_handed_out where cache_name = $1 and position = $2", err));
    *out = (struct str){ NULL, 0 };
    if (db_next(rows))
        *out = db_str(rows, 0, arena);
    return db_end(rows, err);
}

enum err_code history_store_hand_out(struct db_tx *tx, struct str cache_name, int64_t position, struct str name,
                                     struct err *err) {
    return db_exec(tx, DB_ARGS(DB_TEXT(cache_name), DB_INT(position), DB_TEXT(name)),
                   "insert into history_handed_out (cache_name, position, name) values ($1, $2, $3)"
                   " on conflict do nothing",
                   err);
}
