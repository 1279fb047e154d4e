/* bench_read.c - how long readers wait: a chart's 500 points at 10,000 and at 10,000,000 steps, whole metrics of a run of
 * 1,000,000 steps as Parquet, and the first answer of a server that has just been started.
 *
 * "Cold" means a server that was just started, with its files dropped from the system's cache; over a bucket, which
 * BAROGRAPH_BLOBS names, without what its folder had kept of it.
 *
 * Usage: bench_read BINARY [MILLION_STEPS_OF_THE_LONG_RUN]
 */
#include "bench/bench_support.h"

#include "base/json.h"
#include "server/history/parquet.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

enum { METRICS_MAX = 8, ROWS_PER_REQUEST = 8192, WARM_ROUNDS = 101, FOOTER_GUESS_BYTES = 64 << 10, FILES_MAX = 64 };

static const char *const metrics[METRICS_MAX] = { "loss", "accuracy", "lr", "grad_norm", "val/loss", "val/accuracy", "epoch", "samples" };

/* ---- filling ---- */

static double walk(uint64_t *state, double at) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return at + ((double)(*state >> 11) / 9007199254740992.0 - 0.5);
}

static void append_row(struct buf *out, long step, double *values, int metric_count, uint64_t *state) {
    buf_append_str(out, STR("\"{"));
    for (int i = 0; i < metric_count; i++) {
        values[i] = walk(state, values[i]);
        buf_printf(out, "\\\"%s\\\":%.9g,", metrics[i], values[i]);
    }
    buf_printf(out, "\\\"_step\\\":%ld}\"", step);
}

static void post(const struct bench_server *server, int fd, const char *run, struct str body) {
    char path[128];
    struct buf request = BUF_INIT(64 << 20);
    (void)snprintf(path, sizeof path, "/files/admin/bench/%s/file_stream", run);
    bench_post(&request, server, path, body);
    int status = bench_exchange(fd, buf_str(&request), NULL);
    if (status != 200)
        bench_fail("file_stream answered %d", status);
    buf_finish(&request);
}

static void fill(const struct bench_server *server, const char *run, long steps, int metric_count) {
    double values[METRICS_MAX] = { 0 };
    uint64_t state = 1;
    int fd = bench_connect(server);
    for (long step = 0; step < steps;) {
        struct buf body = BUF_INIT(64 << 20);
        long until = step + ROWS_PER_REQUEST < steps ? step + ROWS_PER_REQUEST : steps;
        buf_printf(&body, "{\"files\":{\"wandb-history.jsonl\":{\"offset\":%ld,\"content\":[", step);
        for (bool is_first = true; step < until; step++, is_first = false) {
            if (!is_first)
                buf_append_char(&body, ',');
            append_row(&body, step, values, metric_count, &state);
        }
        buf_append_str(&body, STR("]}}}"));
        post(server, fd, run, buf_str(&body));
        buf_finish(&body);
    }
    post(server, fd, run, STR("{\"complete\":true,\"exitcode\":0}"));
    (void)close(fd);
}

/* ---- asking ---- */

static void ask_run(const struct bench_server *server, int fd, const char *run, const char *fields, struct buf *answer) {
    char query[1024];
    (void)snprintf(query, sizeof query, "{ project(name: \\\"bench\\\", entityName: \\\"admin\\\") { run(name: \\\"%s\\\") { %s } } }", run, fields);
    bench_graphql(server, fd, query, "{}", answer);
}

/* The addresses of a run's Parquet files, once it is sealed and compacted; they stay in the answer. */
static size_t parquet_urls(const struct bench_server *server, const char *run, struct str urls[FILES_MAX], struct arena *arena) {
    int fd = bench_connect(server);
    for (int tries = 0; tries < 300; tries++, usleep(200000)) {
        struct buf answer = BUF_INIT(1 << 20);
        struct json_value *document;
        struct err err = { 0 };
        ask_run(server, fd, run, "parquetHistory { parquetUrls }", &answer);
        if (json_parse(&document, arena_copy(arena, buf_str(&answer)), JSON_STRICT, arena, &err) != OK)
            bench_fail("not JSON: %s", err.message);
        buf_finish(&answer);
        const struct json_value *at = json_get(document, STR("data"));
        for (const char *const *key = (const char *const[]){ "project", "run", "parquetHistory", "parquetUrls", NULL }; *key != NULL; key++)
            at = json_get(at, str_from_c(*key));
        if (at->array.count == 0)
            continue;
        for (size_t i = 0; i < at->array.count && i < FILES_MAX; i++)
            urls[i] = at->array.items[i].string;
        (void)close(fd);
        return at->array.count;
    }
    bench_fail("the history of %s never became final", run);
}

/* Bytes [first, first + size) of what is at the address; size -N: the last N; 0: all. */
static void get(int fd, struct str url, uint64_t first, int64_t size, struct buf *answer) {
    struct buf request = BUF_INIT(1 << 16);
    struct str path = url;
    for (int slashes = 0; slashes < 3; path = str_from(path, 1))
        if (path.ptr[0] == '/' && ++slashes == 3)
            break;
    buf_printf(&request, "GET %.*s HTTP/1.1\r\nHost: 127.0.0.1\r\n", STR_ARG(path));
    if (size < 0)
        buf_printf(&request, "Range: bytes=-%lld\r\n", (long long)-size);
    else if (size > 0)
        buf_printf(&request, "Range: bytes=%llu-%llu\r\n", (unsigned long long)first, (unsigned long long)(first + (uint64_t)size - 1));
    buf_append_str(&request, STR("\r\n"));
    int status = bench_exchange(fd, buf_str(&request), answer);
    if (status != 200 && status != 206)
        bench_fail("a file of the history answered %d", status);
    buf_finish(&request);
}

/* What a Parquet reader does for one column: the footer, then the column's bytes. */
static size_t get_column(int fd, struct str url, const char *name, uint64_t file_bytes) {
    struct arena *arena = arena_create();
    struct buf tail = BUF_INIT(1 << 30), column = BUF_INIT(1 << 30);
    struct parquet_footer footer;
    struct err err = { 0 };
    uint32_t footer_bytes;
    size_t got = 0;

    get(fd, url, 0, -FOOTER_GUESS_BYTES, &tail);
    memcpy(&footer_bytes, tail.ptr + tail.len - PARQUET_TAIL_BYTES, sizeof footer_bytes);
    struct str text = { tail.ptr + tail.len - PARQUET_TAIL_BYTES - footer_bytes, footer_bytes };
    if (parquet_read_footer(&footer, text, file_bytes, arena, &err) != OK)
        bench_fail("%s", err.message);
    for (uint32_t i = 0; i < footer.column_count; i++)
        if (str_eq_c(footer.columns[i].name, name) || str_eq_c(footer.columns[i].name, "_step")) {
            get(fd, url, (uint64_t)footer.columns[i].first_page, footer.columns[i].size_bytes, &column);
            got += column.len;
            buf_reset(&column);
        }
    buf_finish(&tail);
    buf_finish(&column);
    arena_destroy(arena);
    return got;
}

/* ---- cold ---- */

static bool is_over_bucket(void) {
    return getenv("BAROGRAPH_BLOBS") != NULL;
}

static int drop(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)place;
    if (kind != FTW_F || status->st_size == 0)
        return 0;
    if (is_over_bucket() && strstr(path, ".parquet") != NULL)
        return unlink(path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        (void)close(fd);
    }
    return 0;
}

static void restart_cold(struct bench_server *server) {
    bench_server_end(server);
    (void)nftw(server->folder, drop, 16, FTW_PHYS);
    bench_server_begin(server);
}

/* ---- the figures ---- */

static void print(const char *what, double ms, double goal_ms) {
    printf("  %-58s %8.2f ms   (goal %.0f ms%s)\n", what, ms, goal_ms, ms <= goal_ms ? "" : ", missed");
}

static double ask_chart(const struct bench_server *server, int fd, const char *run) {
    struct buf answer = BUF_INIT(16 << 20);
    double began = bench_now_s();
    ask_run(server, fd, run, "sampledHistory(specs: [\\\"{\\\\\\\"keys\\\\\\\":[\\\\\\\"loss\\\\\\\"],\\\\\\\"samples\\\\\\\":500}\\\"])", &answer);
    double took = bench_now_s() - began;
    if (answer.len < 5000)
        bench_fail("too short an answer: %.*s", STR_ARG(str_slice(buf_str(&answer), 0, 500)));
    buf_finish(&answer);
    return took * 1e3;
}

static void measure_chart(struct bench_server *server, const char *run, const char *steps) {
    char what[128];
    double took[WARM_ROUNDS];
    restart_cold(server);
    int fd = bench_connect(server);
    double cold = ask_chart(server, fd, run);
    for (int i = 0; i < WARM_ROUNDS; i++)
        took[i] = ask_chart(server, fd, run);
    bench_sort(took, WARM_ROUNDS);
    (void)snprintf(what, sizeof what, "sampledHistory, 500 of %s steps, p50 warm", steps);
    print(what, bench_percentile(took, WARM_ROUNDS, 50), 5);
    print("  the quickest of those, which waited for nobody's turn", took[0], 5);
    (void)snprintf(what, sizeof what, "sampledHistory, 500 of %s steps, cold", steps);
    print(what, cold, is_over_bucket() ? 60 : 50);
    (void)close(fd);
}

static void measure_whole(const struct bench_server *server, const char *run) {
    struct arena *arena = arena_create();
    struct str urls[FILES_MAX];
    struct buf answer = BUF_INIT(1 << 30);
    uint64_t sizes[FILES_MAX];
    size_t count = parquet_urls(server, run, urls, arena), bytes = 0;
    int fd = bench_connect(server);

    double began = bench_now_s();
    for (size_t i = 0; i < count; i++) {
        buf_reset(&answer);
        get(fd, urls[i], 0, 0, &answer);
        sizes[i] = answer.len;
        bytes += answer.len;
    }
    double all = bench_now_s() - began;
    began = bench_now_s();
    size_t one_bytes = 0;
    for (size_t i = 0; i < count; i++)
        one_bytes += get_column(fd, urls[i], "loss", sizes[i]);
    print("one metric of 1,000,000 steps as Parquet", (bench_now_s() - began) * 1e3, 100);
    print("all 8 metrics of 1,000,000 steps as Parquet", all * 1e3, 500);
    printf("  %zu files; one metric with its steps %.1f MB, all %.1f MB\n", count, (double)one_bytes / 1e6, (double)bytes / 1e6);
    buf_finish(&answer);
    arena_destroy(arena);
    (void)close(fd);
}

static void measure_start(const char *binary) {
    struct bench_server server;
    struct stat status;
    double best = 1e9;

    bench_server_start(&server, binary);
    for (int i = 0; i < 5; i++) {
        bench_server_end(&server);
        double began = bench_now_s();
        bench_server_begin(&server);
        int fd = bench_connect(&server);
        bench_graphql(&server, fd, "{ viewer { username } }", "{}", NULL);
        double took = bench_now_s() - began;
        best = took < best ? took : best;
        (void)close(fd);
    }
    print("start to first answer", best * 1e3, 50);
    printf("  %-58s %8.1f MB   (goal 20 MB)\n", "resident when idle", bench_server_rss_mb(&server));
    if (stat(binary, &status) == 0)
        printf("  %-58s %8.1f MB   (goal 8 MB without the page's assets)\n", "binary, the page's assets included", (double)status.st_size / 1e6);
    bench_server_stop(&server);
}

int main(int argc, char **argv) {
    if (argc < 2)
        bench_fail("usage: %s BINARY [MILLION_STEPS_OF_THE_LONG_RUN]", argv[0]);
    double millions = argc > 2 ? strtod(argv[2], NULL) : 10;
    char long_run[64];
    struct bench_server server;

    bench_print_machine();
    printf("reading\n");
    if (!is_over_bucket()) /* a second folder would need the first one's secret */
        measure_start(argv[1]);
    bench_server_start(&server, argv[1]);
    fill(&server, "short", 10000, 2);
    fill(&server, "wide", 1000000, METRICS_MAX);
    fill(&server, "long", (long)(millions * 1e6), 2);
    struct arena *arena = arena_create();
    struct str urls[FILES_MAX];
    (void)parquet_urls(&server, "long", urls, arena);
    arena_destroy(arena);
    measure_chart(&server, "short", "10,000");
    (void)snprintf(long_run, sizeof long_run, "%.0f", millions * 1e6);
    measure_chart(&server, "long", long_run);
    measure_whole(&server, "wide");
    bench_server_stop(&server);
    return 0;
}
