/* bench_ingest.c - scalar points a second that the server takes in, durably, from writers that send what the official
 * client sends: file_stream bodies with JSON rows of 8 metrics. The bodies are made before the clock starts.
 *
 * Usage: bench_ingest BINARY [WRITERS [MILLION_POINTS [ROWS_PER_REQUEST]]]
 */
#include "bench/bench_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { METRICS = 8 };

/* How far the server's memory went up, in the first half of the time and in the second: flat means alike. */
struct memory {
    const struct bench_server *server;
    pthread_t thread;
    atomic_bool is_over;
    double *samples_mb;
    size_t count, room;
};

struct writer {
    const struct bench_server *server;
    pthread_t thread;
    int number;
    long rows, rows_per_request;
    struct buf *requests;
    size_t request_count;
    double slowest_s;
};

static double walk(uint64_t *state, double at) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return at + ((double)(*state >> 11) / 9007199254740992.0 - 0.5);
}

static void append_row(struct buf *out, long step, double values[METRICS], uint64_t *state) {
    static const char *const names[METRICS] = { "loss", "accuracy", "lr", "grad_norm", "val/loss", "val/accuracy", "epoch", "samples" };
    buf_append_str(out, STR("\"{"));
    for (int i = 0; i < METRICS; i++) {
        values[i] = walk(state, values[i]);
        buf_printf(out, "\\\"%s\\\":%.17g,", names[i], values[i]);
    }
    buf_printf(out, "\\\"_timestamp\\\":%.6f,\\\"_runtime\\\":%.6f,\\\"_step\\\":%ld}\"", 1.79e9 + (double)step * 0.01,
               (double)step * 0.01, step);
}

static void make_requests(struct writer *writer) {
    char path[128];
    double values[METRICS] = { 0 };
    uint64_t state = (uint64_t)writer->number + 1;

    writer->request_count = (size_t)((writer->rows + writer->rows_per_request - 1) / writer->rows_per_request);
    writer->requests = calloc(writer->request_count, sizeof *writer->requests);
    (void)snprintf(path, sizeof path, "/files/admin/bench/run%d/file_stream", writer->number);
    long step = 0;
    for (size_t r = 0; r < writer->request_count; r++) {
        struct buf body = BUF_INIT(64 << 20);
        long until = step + writer->rows_per_request < writer->rows ? step + writer->rows_per_request : writer->rows;
        buf_printf(&body, "{\"files\":{\"wandb-history.jsonl\":{\"offset\":%ld,\"content\":[", step);
        for (bool is_first = true; step < until; step++, is_first = false) {
            if (!is_first)
                buf_append_char(&body, ',');
            append_row(&body, step, values, &state);
        }
        buf_append_str(&body, STR("]}}}"));
        buf_init(&writer->requests[r], 65 << 20);
        bench_post(&writer->requests[r], writer->server, path, buf_str(&body));
        buf_finish(&body);
    }
}

static void *write_all(void *context) {
    struct writer *writer = context;
    int fd = bench_connect(writer->server);
    for (size_t i = 0; i < writer->request_count; i++) {
        double began = bench_now_s();
        int status = bench_exchange(fd, buf_str(&writer->requests[i]), NULL);
        double took = bench_now_s() - began;
        if (status != 200)
            bench_fail("file_stream answered %d", status);
        if (took > writer->slowest_s)
            writer->slowest_s = took;
    }
    (void)close(fd);
    return NULL;
}

static void *watch_memory(void *context) {
    struct memory *memory = context;
    for (; !atomic_load(&memory->is_over) && memory->count < memory->room; usleep(100000))
        memory->samples_mb[memory->count++] = bench_server_rss_mb(memory->server);
    return NULL;
}

static double highest(const double *values, size_t count) {
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = values[i] > most ? values[i] : most;
    return most;
}

static void make_runs(const struct bench_server *server, int writers) {
    char variables[128];
    int fd = bench_connect(server);
    for (int i = 0; i < writers; i++) {
        (void)snprintf(variables, sizeof variables, "{\"name\":\"run%d\"}", i);
        bench_graphql(server, fd,
                      "mutation($name: String) { upsertBucket(input: {name: $name, modelName: \\\"bench\\\", entityName: \\\"admin\\\"})"
                      " { bucket { id } } }",
                      variables, NULL);
    }
    (void)close(fd);
}

int main(int argc, char **argv) {
    if (argc < 2)
        bench_fail("usage: %s BINARY [WRITERS [MILLION_POINTS [ROWS_PER_REQUEST]]]", argv[0]);
    int writer_count = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 8;
    double points = (argc > 3 ? strtod(argv[3], NULL) : 24) * 1e6;
    long rows_per_request = argc > 4 ? strtol(argv[4], NULL, 10) : 4096;
    struct bench_server server;
    struct writer *writers = calloc((size_t)writer_count, sizeof *writers);
    size_t bytes = 0;

    bench_print_machine();
    bench_server_start(&server, argv[1]);
    make_runs(&server, writer_count);
    for (int i = 0; i < writer_count; i++) {
        writers[i] = (struct writer){ .server = &server, .number = i, .rows_per_request = rows_per_request };
        writers[i].rows = (long)(points / METRICS / writer_count);
        make_requests(&writers[i]);
        for (size_t r = 0; r < writers[i].request_count; r++)
            bytes += writers[i].requests[r].len;
    }
    struct memory memory = { .server = &server, .samples_mb = calloc(36000, sizeof(double)), .room = 36000 };
    double rss_before = bench_server_rss_mb(&server), cpu_before = bench_server_cpu_s(&server), began = bench_now_s();
    for (int i = 0; i < writer_count; i++)
        if (pthread_create(&writers[i].thread, NULL, write_all, &writers[i]) != 0)
            bench_fail("cannot start a thread");
    if (pthread_create(&memory.thread, NULL, watch_memory, &memory) != 0)
        bench_fail("cannot start a thread");
    double slowest = 0;
    for (int i = 0; i < writer_count; i++) {
        (void)pthread_join(writers[i].thread, NULL);
        slowest = writers[i].slowest_s > slowest ? writers[i].slowest_s : slowest;
    }
    double took = bench_now_s() - began;
    atomic_store(&memory.is_over, true);
    (void)pthread_join(memory.thread, NULL);
    size_t half = memory.count / 2;
    double total = (double)writers[0].rows * METRICS * writer_count;
    printf("ingest: %d writers, rows of %d metrics, %ld rows a request\n", writer_count, METRICS, rows_per_request);
    printf("  %.2f million points/s (goal 3.00)   (%.1f M points in %.2f s, %.0f MB/s of JSON)\n", total / took / 1e6, total / 1e6, took,
           (double)bytes / took / 1e6);
    printf("  slowest answer %.0f ms, server used %.2f cores\n", slowest * 1e3, (bench_server_cpu_s(&server) - cpu_before) / took);
    printf("  memory %.0f MB before, at most %.0f MB in the first half and %.0f MB in the second, %.0f MB after\n", rss_before,
           highest(memory.samples_mb, half), highest(memory.samples_mb + half, memory.count - half), bench_server_rss_mb(&server));
    bench_server_stop(&server);
    return 0;
}
