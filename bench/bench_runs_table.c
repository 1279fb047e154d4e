/* bench_runs_table.c - a project of many runs, with 20 config and 10 summary values each: how long the first
 * page of a filter on the config, ordered by a summary value, takes.
 *
 * Usage: bench_runs_table BINARY [RUNS]
 */
#include "bench/bench_support.h"

#include <pthread.h>
#include <unistd.h>

enum { WRITERS = 64, CONFIG_VALUES = 20, SUMMARY_VALUES = 10, QUESTIONS = 100 };

struct writer {
    const struct bench_server *server;
    int first, count;
    pthread_t thread;
};

static void append_run(struct buf *out, int number) {
    static const char *const optimizers[] = { "adam", "sgd", "lion", "adafactor" };
    uint32_t random = (uint32_t)number * 2654435761u;

    buf_printf(
        out,
        "{\"input\":{\"entityName\":\"admin\",\"modelName\":\"many\",\"name\":\"run%06d\",\"config\":\"{",
        number);
    buf_printf(out, "\\\"optimizer\\\":{\\\"value\\\":\\\"%s\\\"},\\\"lr\\\":{\\\"value\\\":%.6f}",
               optimizers[random % 4], 1e-4 * (double)(1 + random / 7 % 100));
    for (int i = 2; i < CONFIG_VALUES; i++)
        buf_printf(out, ",\\\"parameter%d\\\":{\\\"value\\\":%u}", i, (random >> i) % 1000);
    buf_append_str(out, STR("}\",\"summaryMetrics\":\"{\\\"_step\\\":1000"));
    for (int i = 1; i < SUMMARY_VALUES; i++)
        buf_printf(out, ",\\\"metric%d\\\":%.9f", i,
                   (double)((random ^ (uint32_t)i * 97u) % 1000003u) / 1000003.0);
    buf_append_str(out, STR("}\"}}"));
}

static void *write_runs(void *context) {
    struct writer *writer = context;
    struct buf variables = BUF_INIT(1 << 20), answer = BUF_INIT(1 << 20);
    int fd = bench_connect(writer->server);

    for (int i = 0; i < writer->count; i++) {
        buf_reset(&variables);
        buf_reset(&answer);
        append_run(&variables, writer->first + i);
        buf_append_char(&variables, '\0');
        bench_graphql(writer->server, fd,
                      "mutation($input: UpsertBucketInput!) { upsertBucket(input: $input) { inserted } }",
                      variables.ptr, &answer);
    }
    (void)close(fd);
    buf_finish(&variables);
    buf_finish(&answer);
    return NULL;
}

static void fill(const struct bench_server *server, int count) {
    struct writer writers[WRITERS];
    double begin = bench_now_s();

    for (int i = 0; i < WRITERS; i++) {
        int first = (int)((long)count * i / WRITERS), next = (int)((long)count * (i + 1) / WRITERS);
        writers[i] = (struct writer){ .server = server, .first = first, .count = next - first };
        if (pthread_create(&writers[i].thread, NULL, write_runs, &writers[i]) != 0)
            bench_fail("cannot start a writer");
    }
    for (int i = 0; i < WRITERS; i++)
        (void)pthread_join(writers[i].thread, NULL);
    begin = bench_now_s() - begin;
    printf("%d runs made in %.1f s, %.0f a second, %.0f us of processor each\n", count, begin, count / begin,
           1e6 * bench_server_cpu_s(server) / count);
}

static double ask(const struct bench_server *server, int fd, const char *fields, const char *filters,
                  const char *order) {
    struct buf query = BUF_INIT(1 << 16), variables = BUF_INIT(1 << 16), answer = BUF_INIT(16 << 20);
    double begin;

    buf_printf(&query,
               "query($filters: JSONString, $order: String) { project(name: \\\"many\\\") {"
               " runs(filters: $filters, order: $order, first: 50) { edges { node { %s } cursor } pageInfo { "
               "hasNextPage } } } }%c",
               fields, '\0');
    buf_printf(&variables, "{\"filters\":\"%s\",\"order\":\"%s\"}%c", filters, order, '\0');
    begin = bench_now_s();
    bench_graphql(server, fd, query.ptr, variables.ptr, &answer);
    begin = bench_now_s() - begin;
    buf_finish(&query);
    buf_finish(&variables);
    buf_finish(&answer);
    return begin;
}

static void measure(const struct bench_server *server, int fd, const char *what, const char *fields,
                    const char *filters, const char *order) {
    double took[QUESTIONS], first = ask(server, fd, fields, filters, order);

    for (int i = 0; i < QUESTIONS; i++)
        took[i] = ask(server, fd, fields, filters, order);
    bench_sort(took, QUESTIONS);
    printf("%-52s first %7.1f ms, then p50 %6.2f ms, p95 %6.2f ms\n", what, first * 1e3,
           bench_percentile(took, QUESTIONS, 50) * 1e3, bench_percentile(took, QUESTIONS, 95) * 1e3);
}

/* The same while one run changes before each question. */
static void measure_changing(const struct bench_server *server, int fd) {
    double took[QUESTIONS];
    struct writer writer = { .server = server, .count = 1 };

    for (int i = 0; i < QUESTIONS; i++) {
        writer.first = i;
        (void)write_runs(&writer);
        took[i] =
            ask(server, fd, "name", "{\\\"config.lr\\\":{\\\"$lt\\\":0.002}}", "-summary_metrics.metric3");
    }
    bench_sort(took, QUESTIONS);
    printf("%-52s                   p50 %6.2f ms, p95 %6.2f ms\n", "the same, after one run has changed",
           bench_percentile(took, QUESTIONS, 50) * 1e3, bench_percentile(took, QUESTIONS, 95) * 1e3);
}

int main(int argc, char **argv) {
    struct bench_server server;
    int fd;

    if (argc < 2)
        bench_fail("usage: %s BINARY [RUNS]", argv[0]);
    bench_print_machine();
    bench_server_start(&server, argv[1]);
    fill(&server, argc > 2 ? (int)strtol(argv[2], NULL, 10) : 100000);
    fd = bench_connect(&server);
    measure(&server, fd, "newest 50", "name displayName state", "{}", "-created_at");
    measure(&server, fd, "config.lr < x, by a summary value", "name displayName state",
            "{\\\"config.lr\\\":{\\\"$lt\\\":0.002}}", "-summary_metrics.metric3");
    measure(&server, fd, "the same, with config and summary of each", "name config summaryMetrics",
            "{\\\"config.lr\\\":{\\\"$lt\\\":0.002}}", "-summary_metrics.metric3");
    measure(&server, fd, "config.optimizer = x and regex on the name, by two", "name",
            "{\\\"config.optimizer.value\\\":\\\"adam\\\",\\\"name\\\":{\\\"$regex\\\":\\\"7$\\\"}}",
            "summary_metrics.metric1,-config.parameter5");
    measure_changing(&server, fd);
    printf("memory of the server: %.0f MB\n", bench_server_rss_mb(&server));
    (void)close(fd);
    bench_server_stop(&server);
    return 0;
}
