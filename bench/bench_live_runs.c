/* bench_live_runs.c - many live runs, each sending a small batch now and then, over connections of their own: how long
 * an answer takes, and what memory that many connections cost.
 *
 * Usage: bench_live_runs BINARY [RUNS [SECONDS [SERVERS]]]     each run sends every 15 s
 *
 * Several servers share the database and the bucket that BAROGRAPH_DATABASE and BAROGRAPH_BLOBS name.
 */
#include "bench/bench_support.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PERIOD_S = 15, FIRST_ROUND_S = 30, ROWS_PER_BATCH = 4, SERVERS_MAX = 8 };

struct live_run {
    const struct bench_server *server;
    int fd, number;
    long step;
    double next_at, due_at;
    bool is_waiting;
};

static int next_run; /* whose turn it is to send */

static void batch(struct buf *out, struct live_run *run) {
    char path[128];
    struct buf body = BUF_INIT(1 << 20);
    (void)snprintf(path, sizeof path, "/files/admin/live/run%d/file_stream", run->number);
    buf_printf(&body, "{\"files\":{\"wandb-history.jsonl\":{\"offset\":%ld,\"content\":[", run->step);
    for (int i = 0; i < ROWS_PER_BATCH; i++, run->step++)
        buf_printf(&body, "%s\"{\\\"loss\\\":%.6f,\\\"accuracy\\\":%.6f,\\\"_step\\\":%ld,\\\"_runtime\\\":%ld.5,\\\"_timestamp\\\":%ld.5}\"",
                   i == 0 ? "" : ",", 1.0 / (double)(run->step + 1), (double)run->step * 1e-3, run->step, run->step,
                   1790000000 + run->step);
    buf_append_str(&body, STR("]}}}"));
    bench_post(out, run->server, path, buf_str(&body));
    buf_finish(&body);
}

/* Answers are short and arrive whole. */
static void take_answer(struct live_run *run) {
    char answer[4096];
    ssize_t got = recv(run->fd, answer, sizeof answer - 1, 0);
    if (got <= 0)
        bench_fail("run %d lost its connection: %s", run->number, strerror(errno));
    answer[got] = '\0';
    if (strncmp(answer, "HTTP/1.1 200", 12) != 0)
        bench_fail("run %d got %.100s", run->number, answer);
}

static void send_batch(struct live_run *run) {
    struct buf request = BUF_INIT(1 << 20);
    batch(&request, run);
    if (send(run->fd, request.ptr, request.len, MSG_NOSIGNAL) != (ssize_t)request.len)
        bench_fail("run %d cannot send", run->number);
    run->due_at = run->next_at;
    run->is_waiting = true;
    run->next_at += PERIOD_S;
    buf_finish(&request);
}

/* A run that waits for its answer sends nothing more, as the client does; what it had to wait for counts too. */
static size_t serve(struct live_run *runs, int count, int epoll, double until, double *took, size_t room) {
    struct epoll_event events[256];
    size_t answered = 0;
    while (bench_now_s() < until) {
        double now = bench_now_s();
        for (int turns = 0; turns < count && runs[next_run].next_at <= now && !runs[next_run].is_waiting; turns++) {
            send_batch(&runs[next_run]);
            next_run = (next_run + 1) % count;
        }
        int ready = epoll_wait(epoll, events, 256, 1);
        for (int i = 0; i < ready; i++) {
            struct live_run *run = events[i].data.ptr;
            take_answer(run);
            run->is_waiting = false;
            if (answered < room)
                took[answered++] = bench_now_s() - run->due_at;
        }
    }
    return answered;
}

/* Everybody's next turn, evenly over so many seconds from now on. */
static void plan(struct live_run *runs, int count, double seconds) {
    double now = bench_now_s();
    for (int i = 0; i < count; i++)
        runs[i].next_at = now + seconds * i / count;
    next_run = 0;
}

static int count_waiting(const struct live_run *runs, int count) {
    int waiting = 0;
    for (int i = 0; i < count; i++)
        waiting += runs[i].is_waiting;
    return waiting;
}

/* The first round makes the runs; what follows is the steady state. */
static void create(struct live_run *runs, int count, int epoll, double *took, size_t room) {
    double began = bench_now_s();
    plan(runs, count, FIRST_ROUND_S);
    (void)serve(runs, count, epoll, began + FIRST_ROUND_S, took, room);
    for (int i = 0; i < count; i++)
        runs[i].next_at += 3600;
    while (count_waiting(runs, count) > 0)
        (void)serve(runs, count, epoll, bench_now_s() + 0.1, took, room);
    printf("made %d runs in %.1f s\n", count, bench_now_s() - began);
}

int main(int argc, char **argv) {
    if (argc < 2)
        bench_fail("usage: %s BINARY [RUNS [SECONDS [SERVERS]]]", argv[0]);
    int count = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 10000;
    double seconds = argc > 3 ? strtod(argv[3], NULL) : 45;
    struct rlimit files = { (rlim_t)count + 1024, (rlim_t)count + 1024 };
    int server_count = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 1;
    struct bench_server servers[SERVERS_MAX];

    if (server_count < 1 || server_count > SERVERS_MAX)
        bench_fail("from 1 to %d servers", SERVERS_MAX);
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        bench_fail("cannot open %d files", count);
    bench_print_machine();
    bench_server_start(&servers[0], argv[1]);
    for (int i = 1; i < server_count; i++)
        bench_server_start_beside(&servers[i], &servers[0]);
    struct live_run *runs = calloc((size_t)count, sizeof *runs);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < count; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &runs[i] };
        runs[i] = (struct live_run){ .server = &servers[i % server_count], .fd = bench_connect(&servers[i % server_count]), .number = i };
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, runs[i].fd, &event) != 0)
            bench_fail("cannot wait for run %d", i);
    }
    size_t room = (size_t)(count * (seconds + PERIOD_S) / PERIOD_S) + 1000;
    double *took = calloc(room, sizeof *took);
    create(runs, count, epoll, took, room);
    double cpu_before[SERVERS_MAX], began = bench_now_s();
    for (int i = 0; i < server_count; i++)
        cpu_before[i] = bench_server_cpu_s(&servers[i]);
    plan(runs, count, PERIOD_S);
    size_t answered = serve(runs, count, epoll, began + seconds, took, room);
    double lasted = bench_now_s() - began;
    bench_sort(took, answered);
    printf("live runs: %d, each a batch of %d rows every %d s, for %.0f s\n", count, ROWS_PER_BATCH, PERIOD_S, seconds);
    printf("  %zu answers, p50 %.2f ms, p99 %.2f ms (goal 50 embedded, 100 on three servers), slowest %.2f ms\n", answered, bench_percentile(took, answered, 50) * 1e3,
           bench_percentile(took, answered, 99) * 1e3, took[answered - 1] * 1e3);
    for (int i = 0; i < server_count; i++)
        printf("  server: %.0f MB resident (goal 300), %.2f cores\n", bench_server_rss_mb(&servers[i]),
               (bench_server_cpu_s(&servers[i]) - cpu_before[i]) / lasted);
    for (int i = 0; i < server_count; i++)
        bench_server_stop(&servers[i]);
    return 0;
}
