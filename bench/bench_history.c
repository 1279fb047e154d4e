/* bench_history.c - lines to batches, batches to segments, segments to charts: points a second, bytes a point, and what
 * an answer costs on a run of ten thousand steps and on one of ten million.
 *
 * Usage: bench_history [STEPS]   (of the large run; 10,000,000 unless given)
 */
#include "base/clock.h"
#include "base/file.h"
#include "server/history/history.h"
#include "server/history/segment.h"
#include "server/store/runs/history_store.h"

#include <math.h>
#include <unistd.h>

enum { METRICS = 8, LINES = 100000, ROUNDS = 5, SMALL_RUN = 1, LARGE_RUN = 2, SHAPE_RUN = 3, WIDE_RUN = 4, ASKS = 50 };

static struct db *db;
static struct history *history;
static struct err err;

static void must(enum err_code code) {
    if (code == OK)
        return;
    fprintf(stderr, "%s\n", err.message);
    exit(1);
}

static double now_s(void) {
    return (double)clock_mono_ns() / 1e9;
}

static double next_random(uint64_t *random) {
    *random = *random * 6364136223846793005U + 1442695040888963407U;
    return (double)(*random >> 11) / 9007199254740992.0;
}

/* ---- lines as the official client writes them ---- */

static void put_member(struct buf *out, bool *is_first, const char *key, double value) {
    struct json_writer json;
    buf_printf(out, "%s\"%s\":", *is_first ? "{" : ",", key);
    json_writer_init(&json, out, JSON_EXTENDED);
    json_double(&json, value);
    *is_first = false;
}

/* Keys in a new order each time: the client walks a Go map. */
static void put_line(struct buf *out, int64_t step, double *walk, uint64_t *random, bool is_shuffled) {
    static const char *const keys[METRICS] = { "train/loss", "train/accuracy", "val/loss", "val/accuracy",
                                               "lr",         "grad_norm",      "throughput", "memory" };
    size_t turn = is_shuffled ? (size_t)(next_random(random) * METRICS) : 0;
    bool is_first = true;

    for (size_t i = 0; i < METRICS; i++) {
        size_t at = (i * 3 + turn) % METRICS;
        walk[at] += next_random(random) - 0.5;
        put_member(out, &is_first, keys[at], walk[at]);
    }
    buf_printf(out, ",\"_step\":%lld,", (long long)step);
    buf_printf(out, "\"_runtime\":%.6f,\"_timestamp\":%.6f}", (double)step * 0.01, 1.79522e9 + (double)step * 0.01);
}

struct lines {
    struct buf text;
    struct str *lines;
};

static struct lines make_lines(struct arena *arena, bool is_shuffled) {
    struct lines lines = { .text = BUF_INIT(1 << 30), .lines = ARENA_ARRAY(arena, struct str, LINES) };
    double walk[METRICS] = { 0 };
    uint64_t random = 1;
    size_t *ends = ARENA_ARRAY(arena, size_t, LINES + 1);

    for (int64_t i = 0; i < LINES; i++) {
        put_line(&lines.text, i, walk, &random, is_shuffled);
        ends[i + 1] = lines.text.len;
    }
    for (size_t i = 0; i < LINES; i++)
        lines.lines[i] = (struct str){ lines.text.ptr + ends[i], ends[i + 1] - ends[i] };
    return lines;
}

static void bench_parsing(struct arena *arena, bool is_shuffled) {
    struct lines lines = make_lines(arena, is_shuffled);
    struct history_batch *batch = history_batch_create();
    double parsed = 1e9, encoded = 1e9;

    for (int round = 0; round < ROUNDS; round++) {
        double begin = now_s();
        history_batch_begin(batch, HISTORY_ROWS, 0);
        for (size_t i = 0; i < LINES; i++)
            must(history_batch_add_line(batch, lines.lines[i], &err));
        double middle = now_s();
        must(history_batch_finish(batch, &err));
        parsed = fmin(parsed, middle - begin);
        encoded = fmin(encoded, now_s() - begin);
    }
    double points = (double)history_batch_points(batch);
    printf("lines to columns, keys %s: %.1f M points/s (%.0f MB/s); and encoded: %.1f M points/s\n",
           is_shuffled ? "in changing order" : "in one order", points / parsed / 1e6, (double)lines.text.len / parsed / 1e6,
           points / encoded / 1e6);
    history_batch_destroy(batch);
    buf_finish(&lines.text);
}

/* ---- runs ---- */

struct call {
    int64_t run;
    struct history_batch *batch;
};

static enum err_code append(struct db_tx *tx, void *context, struct err *failure) {
    struct call *call = context;
    struct history_appended out;
    return history_append(history, tx, call->run, STR_EMPTY, HISTORY_ROWS, call->batch, &out, failure);
}

static enum err_code finish(struct db_tx *tx, void *context, struct err *failure) {
    return history_finish_run(tx, ((struct call *)context)->run, failure);
}

typedef void put_row(struct buf *out, int64_t step, double *walk, uint64_t *random);

static void write_run(int64_t run, int64_t steps, put_row *put, const char *name) {
    struct history_batch *batch = history_batch_create();
    struct buf line = BUF_INIT(1 << 16);
    struct call call = { run, batch };
    double walk[METRICS] = { 0 }, appending = 0, working = 0;
    int64_t points = 0;
    uint64_t random = (uint64_t)run;

    for (int64_t first = 0; first < steps; first = history_batch_next_line(batch)) {
        history_batch_begin(batch, HISTORY_ROWS, first);
        for (int64_t step = first; step < steps && step < first + HISTORY_SEAL_ROWS; step++) {
            buf_reset(&line);
            put(&line, step, walk, &random);
            must(history_batch_add_line(batch, buf_str(&line), &err));
        }
        double begin = now_s();
        must(history_batch_finish(batch, &err));
        must(db_write(db, append, &call, &err));
        double middle = now_s();
        must(history_work(history, &err));
        appending += middle - begin;
        working += now_s() - middle;
        points += history_batch_points(batch);
    }
    double begin = now_s();
    must(db_write(db, finish, &call, &err));
    must(history_work(history, &err));
    working += now_s() - begin;
    struct history_counts counts;
    must(history_count(history, run, HISTORY_ROWS, &counts, &err));
    printf("%s: %lld points in %lld segments, %.2f bytes a point; append and commit %.1f M points/s, seal and compact %.1f M points/s\n",
           name, (long long)points, (long long)counts.segments, (double)counts.segment_bytes / (double)points,
           (double)points / appending / 1e6, (double)points / working / 1e6);
    history_batch_destroy(batch);
    buf_finish(&line);
}

static void put_one_metric(struct buf *out, int64_t step, double *walk, uint64_t *random) {
    struct json_writer json;
    walk[0] += next_random(random) - 0.5;
    buf_printf(out, "{\"_step\":%lld,\"loss\":", (long long)step);
    json_writer_init(&json, out, JSON_EXTENDED);
    json_double(&json, (double)(float)walk[0]);
    buf_append_char(out, '}');
}

static void put_shapes(struct buf *out, int64_t step, double *walk, uint64_t *random) {
    bool is_first = true;
    walk[0] += next_random(random) - 0.5;
    walk[1] += next_random(random) - 0.5;
    walk[2] += floor(next_random(random) * 100) - 50;
    put_member(out, &is_first, "float32", (double)(float)walk[0]);
    put_member(out, &is_first, "float64", walk[1]);
    put_member(out, &is_first, "_timestamp", 1.79522e9 + (double)step * 0.25 + floor(next_random(random) * 1e4) / 1e6);
    buf_printf(out, ",\"integer\":%lld,\"_step\":%lld}", (long long)walk[2], (long long)step);
}

static void put_wide(struct buf *out, int64_t step, double *walk, uint64_t *random) {
    put_line(out, step, walk, random, false);
}

/* ---- bytes a point of each column ---- */

struct directory_call {
    struct arena *arena;
    struct str directory;
};

static enum err_code read_directory(struct db_tx *tx, void *context, struct err *failure) {
    const struct history_wanted all = { INT64_MIN, INT64_MAX, INT64_MAX, false };
    struct directory_call *call = context;
    struct stored_history stored;
    TRY(history_store_load(tx, (struct history_id){ SHAPE_RUN, HISTORY_ROWS }, &all, &stored, call->arena, failure));
    return history_store_get_directory(tx, stored.segments[0].id, &call->directory, call->arena, failure);
}

static void print_column(const struct segment_directory *directory, const struct segment_column *column) {
    const struct segment_page *last = &column->pages[directory->page_count - 1];
    double size = (double)(last->offset + last->size_bytes - column->pages[0].offset);
    printf("  %.*s: %.3f bytes a value, and %.3f of overview\n", STR_ARG(column->path), size / column->count,
           (double)column->overview_size / column->count);
}

static void print_shapes(struct arena *arena) {
    struct directory_call call = { .arena = arena };
    struct segment_directory directory;
    must(db_read(db, read_directory, &call, &err));
    must(directory_decode(&directory, call.directory, arena, &err));
    print_column(&directory, &directory.steps);
    for (uint32_t i = 0; i < directory.column_count; i++)
        print_column(&directory, &directory.columns[i]);
}

/* ---- reading ---- */

static int compare_doubles(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

typedef void ask(int64_t run, int64_t steps, struct arena *arena);

static void ask_sample(int64_t run, int64_t steps, struct arena *arena) {
    static const struct str keys[] = { STR_INIT("_step"), STR_INIT("loss") };
    struct history_sample_spec spec = { keys, 2, 500, 0, steps };
    struct history_rows rows;
    must(history_sample(history, run, HISTORY_ROWS, &spec, JSON_STRICT, &rows, arena, &err));
}

static void ask_sample_of_middle(int64_t run, int64_t steps, struct arena *arena) {
    static const struct str keys[] = { STR_INIT("_step"), STR_INIT("loss") };
    struct history_sample_spec spec = { keys, 2, 500, steps / 3 + 7, steps / 3 * 2 + 11 };
    struct history_rows rows;
    must(history_sample(history, run, HISTORY_ROWS, &spec, JSON_STRICT, &rows, arena, &err));
}

static void ask_chart(int64_t run, int64_t steps, struct arena *arena) {
    struct history_chart_spec spec = { STR("loss"), STR("_step"), -INFINITY, INFINITY, 1000, false };
    struct history_chart chart;
    (void)steps;
    must(history_read_chart(history, run, HISTORY_ROWS, &spec, &chart, arena, &err));
}

static void ask_page(int64_t run, int64_t steps, struct arena *arena) {
    struct history_rows rows;
    must(history_read_rows(history, run, HISTORY_ROWS, steps / 2, steps / 2 + 999, 0, JSON_EXTENDED, &rows, arena, &err));
}

static void ask_keys(int64_t run, int64_t steps, struct arena *arena) {
    struct history_keys keys;
    (void)steps;
    must(history_read_keys(history, run, HISTORY_ROWS, &keys, arena, &err));
}

static void time_ask(const char *name, ask *question, int64_t run, int64_t steps) {
    struct arena *arena = arena_create();
    double times[ASKS], first = 0;

    for (int i = 0; i < ASKS; i++) {
        double begin = now_s();
        question(run, steps, arena);
        times[i] = (now_s() - begin) * 1e3;
        first = i == 0 ? times[0] : first;
        arena_reset(arena);
    }
    qsort(times, ASKS, sizeof(*times), compare_doubles);
    printf("  %s at %lld steps: p50 %.2f ms, p95 %.2f ms, first %.2f ms\n", name, (long long)steps, times[ASKS / 2],
           times[ASKS * 95 / 100], first);
    arena_destroy(arena);
}

static void time_column(int64_t run, const char *key) {
    struct arena *arena = arena_create();
    struct history_column column;
    double best = 1e9;

    for (int i = 0; i < ROUNDS; i++) {
        double begin = now_s();
        must(history_read_column(history, run, HISTORY_ROWS, str_from_c(key), &column, arena, &err));
        best = fmin(best, now_s() - begin);
        arena_reset(arena);
    }
    printf("  whole column '%s': %.1f ms\n", key, best * 1e3);
    arena_destroy(arena);
}

int main(int argc, char **argv) {
    char folder[] = "/tmp/bench-history-XXXXXX";
    const struct history_options options = { .has_no_worker = true };
    struct arena *arena = arena_create();
    struct depot *depot;
    int64_t steps = argc > 1 ? strtoll(argv[1], NULL, 10) : 10000000;

    if (mkdtemp(folder) == NULL)
        return 1;
    must(db_open(&db, arena_printf(arena, "sqlite:%s/bench.db", folder), &err));
    must(depot_open(&depot, file_join(arena, folder, "history"), NULL, STR_EMPTY, &err));
    must(history_create(&history, db, depot, &options, &err));
    bench_parsing(arena, false);
    bench_parsing(arena, true);
    write_run(SMALL_RUN, 10000, put_one_metric, "10,000 steps of one metric");
    write_run(LARGE_RUN, steps, put_one_metric, "the large run, one metric");
    write_run(WIDE_RUN, 1000000, put_wide, "1,000,000 steps of 8 metrics");
    write_run(SHAPE_RUN, 1000000, put_shapes, "1,000,000 steps of each kind");
    print_shapes(arena);
    time_ask("500 samples", ask_sample, SMALL_RUN, 10000);
    time_ask("500 samples", ask_sample, LARGE_RUN, steps);
    time_ask("500 samples of the middle third", ask_sample_of_middle, LARGE_RUN, steps);
    time_ask("chart of 1,000 buckets", ask_chart, SMALL_RUN, 10000);
    time_ask("chart of 1,000 buckets", ask_chart, LARGE_RUN, steps);
    time_ask("page of 1,000 rows of 10 keys", ask_page, WIDE_RUN, 1000000);
    time_ask("keys", ask_keys, LARGE_RUN, steps);
    time_column(WIDE_RUN, "val/loss");
    history_destroy(history);
    db_close(db);
    must(file_remove_tree(folder, &err));
    arena_destroy(arena);
    return 0;
}
