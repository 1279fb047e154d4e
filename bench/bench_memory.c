/* bench_memory.c - whether a server's memory stays where it is while writers send without end: resident memory and what
 * the history's folder and the database hold, after each ten million points.
 *
 * Bodies are put together while sending, out of rows that were made before: only steps differ.
 *
 * Usage: bench_memory BINARY [WRITERS [MILLION_POINTS]]
 */
#include "bench/bench_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { METRICS = 8, ROWS_PER_REQUEST = 4096, MARK_POINTS = 10000000, BODY_MAX = 64 << 20 };

struct load {
    const struct bench_server *server;
    struct buf rows[ROWS_PER_REQUEST]; /* members of a row but its step */
    atomic_llong points;
    long rows_each;
    atomic_int next_writer, writers_left;
};

static void make_rows(struct load *load) {
    uint64_t state = 1;
    for (int row = 0; row < ROWS_PER_REQUEST; row++) {
        buf_init(&load->rows[row], 4096);
        for (int i = 0; i < METRICS; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            buf_printf(&load->rows[row], "\\\"metric%d\\\":%.17g,", i, (double)(state >> 11) / 9007199254740992.0);
        }
    }
}

static void send_rows(struct load *load, int fd, const char *path, long first, struct buf *body, struct buf *request) {
    buf_reset(body);
    buf_reset(request);
    buf_printf(body, "{\"files\":{\"wandb-history.jsonl\":{\"offset\":%ld,\"content\":[", first);
    for (int row = 0; row < ROWS_PER_REQUEST; row++) {
        buf_append_str(body, row == 0 ? STR("\"{") : STR(",\"{"));
        buf_append_str(body, buf_str(&load->rows[row]));
        buf_printf(body, "\\\"_step\\\":%ld}\"", first + row);
    }
    buf_append_str(body, STR("]}}}"));
    bench_post(request, load->server, path, buf_str(body));
    int status = bench_exchange(fd, buf_str(request), NULL);
    if (status != 200)
        bench_fail("file_stream answered %d", status);
    atomic_fetch_add(&load->points, (long long)ROWS_PER_REQUEST * METRICS);
}

static void *write_run(void *context) {
    struct load *load = context;
    struct buf body = BUF_INIT(BODY_MAX), request = BUF_INIT(2 * (size_t)BODY_MAX);
    char path[128];
    int fd = bench_connect(load->server);

    (void)snprintf(path, sizeof path, "/files/admin/bench/run%d/file_stream", atomic_fetch_add(&load->next_writer, 1));
    for (long first = 0; first < load->rows_each; first += ROWS_PER_REQUEST)
        send_rows(load, fd, path, first, &body, &request);
    buf_finish(&body);
    buf_finish(&request);
    (void)close(fd);
    atomic_fetch_sub(&load->writers_left, 1);
    return NULL;
}

/* A line for each mark that is passed; what is resident is the most that was seen since the last one. */
static void watch(struct load *load, double before_mb) {
    double began = bench_now_s(), most_mb = before_mb;

    printf("  %10s %10s %14s\n", "M points", "seconds", "resident, MB");
    printf("  %10.0f %10.1f %14.0f\n", 0.0, 0.0, before_mb);
    for (long long mark = MARK_POINTS; atomic_load(&load->writers_left) > 0; usleep(20000)) {
        double now_mb = bench_server_rss_mb(load->server);
        most_mb = now_mb > most_mb ? now_mb : most_mb;
        if (atomic_load(&load->points) < mark)
            continue;
        printf("  %10.0f %10.1f %14.0f\n", (double)mark / 1e6, bench_now_s() - began, most_mb);
        (void)fflush(stdout);
        mark += MARK_POINTS;
        most_mb = 0;
    }
    printf("  %.0f M points, %.1f M points/s\n", (double)atomic_load(&load->points) / 1e6,
           (double)atomic_load(&load->points) / 1e6 / (bench_now_s() - began));
}

int main(int argc, char **argv) {
    if (argc < 2)
        bench_fail("usage: %s BINARY [WRITERS [MILLION_POINTS]]", argv[0]);
    int writer_count = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 8;
    double points = (argc > 3 ? strtod(argv[3], NULL) : 100) * 1e6;
    struct bench_server server;
    struct load *load = calloc(1, sizeof *load);
    pthread_t thread;

    bench_print_machine();
    bench_server_start(&server, argv[1]);
    load->server = &server;
    load->rows_each = (long)(points / METRICS / writer_count);
    load->writers_left = writer_count;
    make_rows(load);
    double before_mb = bench_server_rss_mb(&server);
    printf("memory: %d writers, rows of %d metrics, %d rows a request\n", writer_count, METRICS, ROWS_PER_REQUEST);
    for (int i = 0; i < writer_count; i++)
        if (pthread_create(&thread, NULL, write_run, load) != 0 || pthread_detach(thread) != 0)
            bench_fail("cannot start a thread");
    watch(load, before_mb);
    printf("  %.0f MB when all was sent\n", bench_server_rss_mb(&server));
    usleep(15000000);
    printf("  %.0f MB a quarter of a minute later\n", bench_server_rss_mb(&server));
    bench_server_stop(&server);
    return 0;
}
