/* history_fixture.h - a history over a database and a folder of its own, and rows in and out as text. */
#ifndef TESTS_HISTORY_FIXTURE_H
#define TESTS_HISTORY_FIXTURE_H

#include "server/blobs/depot.h"
#include "server/blobs/s3.h"
#include "server/history/history.h"
#include "server/store/db/db.h"
#include "tests/unit/server/store/db_fixture.h"

enum { RUN = 7 };

struct history_fixture {
    struct fixture *store;
    struct arena *arena;
    struct db *db;
    struct s3 *bucket; /* NULL: there is none */
    struct depot *depot;
    struct history *history;
    struct history_appended appended;
    struct err err;
};

static inline const char *history_folder(struct history_fixture *f) {
    return arena_printf(f->arena, "%s/history", f->store->folder).ptr;
}

static inline void open_history(struct history_fixture *f) {
    const struct history_options options = { .compact_factor = 3, .garbage_delay_ms = 1, .has_no_worker = true };
    assert_int_equal(depot_open(&f->depot, history_folder(f), f->bucket, STR_EMPTY, &f->err), OK);
    assert_int_equal(history_create(&f->history, f->db, f->depot, &options, &f->err), OK);
}

static inline int history_set_up(void **state) {
    void *store = NULL;
    struct history_fixture *f = calloc(1, sizeof(*f));
    if (f == NULL || fixture_set_up(&store) != 0)
        return 1;
    f->store = store;
    f->arena = f->store->arena;
    f->db = f->store->db;
    open_history(f);
    *state = f;
    return 0;
}

static inline int history_tear_down(void **state) {
    struct history_fixture *f = *state;
    void *store = f->store;
    history_destroy(f->history);
    depot_close(f->depot);
    s3_close(f->bucket);
    free(f);
    return fixture_tear_down(&store);
}

static inline void expect_ok(struct history_fixture *f, enum err_code code) {
    if (code != OK)
        fail_msg("%s", f->err.message);
}

static inline enum err_code count_name(void *context, struct str name, int64_t modified_ms, struct err *err) {
    (void)name;
    (void)modified_ms;
    (void)err;
    ++*(size_t *)context;
    return OK;
}

/* Their files, whether a record names them or not. */
static inline size_t count_segments(struct history_fixture *f) {
    size_t count = 0;
    expect_ok(f, depot_list(f->depot, STR_EMPTY, count_name, &count, &f->err));
    return count;
}

struct append_call {
    struct history *history;
    int64_t run;
    struct str stream;
    enum history_kind kind;
    struct history_batch *batch;
    struct history_appended *out;
};

static inline enum err_code append_work(struct db_tx *tx, void *context, struct err *err) {
    struct append_call *call = context;
    return history_append(call->history, tx, call->run, call->stream, call->kind, call->batch, call->out, err);
}

static inline void append_batch(struct history_fixture *f, struct str stream, enum history_kind kind, struct history_batch *batch) {
    struct append_call call = { f->history, RUN, stream, kind, batch, &f->appended };
    expect_ok(f, history_batch_finish(batch, &f->err));
    expect_ok(f, db_write(f->db, append_work, &call, &f->err));
}

/* Lines are parted by '\n'; those that are refused are left out. */
static inline void append_to(struct history_fixture *f, const char *stream, enum history_kind kind, int64_t first_line,
                             const char *text) {
    struct history_batch *batch = history_batch_create();
    struct str line, rest = str_from_c(text);
    bool has_more = true;

    history_batch_begin(batch, kind, first_line);
    while (has_more) {
        struct err refused = { 0 };
        has_more = str_cut(rest, '\n', &line, &rest);
        if (history_batch_add_line(batch, line, &refused) != OK)
            assert_int_equal(refused.code, ERR_BAD_INPUT);
    }
    append_batch(f, str_from_c(stream), kind, batch);
    history_batch_destroy(batch);
}

static inline void append(struct history_fixture *f, int64_t first_line, const char *text) {
    append_to(f, "", HISTORY_ROWS, first_line, text);
}

/* count rows from this step and line on: {"_step":N,"loss":N+0.5,"n":N}. */
static inline void append_steps(struct history_fixture *f, int64_t first, int64_t count) {
    struct history_batch *batch = history_batch_create();

    history_batch_begin(batch, HISTORY_ROWS, first);
    for (int64_t step = first; step < first + count; step++) {
        char line[128];
        int len = snprintf(line, sizeof(line), "{\"_step\":%lld,\"loss\":%lld.5,\"n\":%lld}", (long long)step, (long long)step,
                           (long long)step);
        expect_ok(f, history_batch_add_line(batch, (struct str){ line, (size_t)len }, &f->err));
    }
    append_batch(f, STR_EMPTY, HISTORY_ROWS, batch);
    history_batch_destroy(batch);
}

static inline const char *join_rows(struct history_fixture *f, const struct history_rows *rows) {
    struct buf text = BUF_INIT(64 << 20);
    for (size_t i = 0; i < rows->count; i++) {
        if (i > 0)
            buf_append_char(&text, '\n');
        buf_append_str(&text, rows->json[i]);
    }
    const char *copy = arena_copy_c(f->arena, buf_str(&text));
    buf_finish(&text);
    return copy;
}

static inline const char *rows_of(struct history_fixture *f, int64_t run, enum history_kind kind, int64_t first, int64_t last) {
    struct history_rows rows;
    expect_ok(f, history_read_rows(f->history, run, kind, first, last, 0, JSON_EXTENDED, &rows, f->arena, &f->err));
    return join_rows(f, &rows);
}

static inline const char *all_rows(struct history_fixture *f) {
    return rows_of(f, RUN, HISTORY_ROWS, INT64_MIN, INT64_MAX);
}

static inline enum err_code finish_work(struct db_tx *tx, void *context, struct err *err) {
    return history_finish_run(tx, *(int64_t *)context, err);
}

/* Ends the run and seals and compacts what there is. */
static inline void seal_all(struct history_fixture *f, int64_t run) {
    expect_ok(f, db_write(f->db, finish_work, &run, &f->err));
    expect_ok(f, history_work(f->history, &f->err));
}

static inline struct history_counts counts_of(struct history_fixture *f, int64_t run) {
    struct history_counts counts;
    expect_ok(f, history_count(f->history, run, HISTORY_ROWS, &counts, &f->err));
    return counts;
}

#define HISTORY_TEST(name) cmocka_unit_test_setup_teardown(name, history_set_up, history_tear_down)

#endif
