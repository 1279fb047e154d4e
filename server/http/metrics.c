/* metrics.c - see metrics.h. */
#include "server/http/metrics.h"

#include "base/log.h"
#include "server/http/router.h"

static const uint64_t bounds_us[LATENCY_BUCKETS] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000, 30000000,
};

static uint64_t read_counter(const _Atomic uint64_t *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_add(_Atomic uint64_t *counter, uint64_t amount) {
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

struct metrics *metrics_create(const struct http_app *app) {
    struct metrics *metrics = calloc(1, sizeof *metrics);
    struct route_metrics *routes = calloc(app->route_count + 2, sizeof *routes);
    if (metrics == NULL || routes == NULL)
        log_fatal("out of memory: cannot hold the counters of %zu routes", app->route_count);
    metrics->app = app;
    metrics->routes = routes;
    return metrics;
}

void metrics_destroy(struct metrics *metrics) {
    if (metrics == NULL)
        return;
    free(metrics->routes);
    free(metrics);
}

void metrics_count_request(struct metrics *metrics, const struct http_route *route, bool is_otherwise,
                           int status, int64_t duration_ns) {
    size_t row = route != NULL  ? (size_t)(route - metrics->app->routes)
                 : is_otherwise ? metrics->app->route_count
                                : metrics->app->route_count + 1;
    struct route_metrics *counts = &metrics->routes[row];
    uint64_t duration_us = (uint64_t)duration_ns / 1000;
    size_t bucket = 0;

    while (bucket < LATENCY_BUCKETS && duration_us > bounds_us[bucket])
        bucket++;
    metrics_add(&counts->by_class[(status / 100) % STATUS_CLASSES], 1);
    metrics_add(&counts->buckets[bucket], 1);
    metrics_add(&counts->total_us, duration_us);
}

/* ---- writing ---- */

struct labels {
    struct str method;
    const char *route;
};

static struct labels labels_of(const struct metrics *metrics, size_t row) {
    size_t count = metrics->app->route_count;
    if (row < count)
        return (struct labels){ http_method_name(metrics->app->routes[row].method),
                                metrics->app->routes[row].pattern };
    return (struct labels){ STR("GET"), row == count ? "(page)" : "(none)" };
}

static uint64_t request_count(const struct route_metrics *counts) {
    uint64_t total = 0;
    for (size_t i = 0; i < STATUS_CLASSES; i++)
        total += read_counter(&counts->by_class[i]);
    return total;
}

static void write_counts(const struct metrics *metrics, size_t row, struct buf *out) {
    static const char *const classes[STATUS_CLASSES] = { "aborted", "1xx", "2xx", "3xx", "4xx", "5xx" };
    struct labels labels = labels_of(metrics, row);
    for (size_t i = 0; i < STATUS_CLASSES; i++) {
        uint64_t count = read_counter(&metrics->routes[row].by_class[i]);
        if (count > 0)
            buf_printf(out,
                       "barograph_http_requests_total{method=\"%.*s\",route=\"%s\",status=\"%s\"} %llu\n",
                       STR_ARG(labels.method), labels.route, classes[i], (unsigned long long)count);
    }
}

static void write_latency(const struct metrics *metrics, size_t row, struct buf *out) {
    static const char name[] = "barograph_http_request_duration_seconds";
    struct labels labels = labels_of(metrics, row);
    const struct route_metrics *counts = &metrics->routes[row];
    uint64_t total = 0;

    for (size_t i = 0; i <= LATENCY_BUCKETS; i++) {
        char bound[32] = "+Inf";
        if (i < LATENCY_BUCKETS)
            (void)snprintf(bound, sizeof bound, "%g", (double)bounds_us[i] / 1e6);
        total += read_counter(&counts->buckets[i]);
        buf_printf(out, "%s_bucket{method=\"%.*s\",route=\"%s\",le=\"%s\"} %llu\n", name,
                   STR_ARG(labels.method), labels.route, bound, (unsigned long long)total);
    }
    buf_printf(out, "%s_sum{method=\"%.*s\",route=\"%s\"} %.6f\n", name, STR_ARG(labels.method), labels.route,
               (double)read_counter(&counts->total_us) / 1e6);
    buf_printf(out, "%s_count{method=\"%.*s\",route=\"%s\"} %llu\n", name, STR_ARG(labels.method),
               labels.route, (unsigned long long)total);
}

static void write_head(struct buf *out, const char *name, const char *type, const char *help) {
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_scalars(const struct metrics *metrics, struct buf *out) {
    const struct {
        const char *name, *type, *help;
        const _Atomic uint64_t *value;
    } rows[] = {
        { "barograph_http_connections", "gauge", "Connections that are open.", &metrics->connections_open },
        { "barograph_http_connections_total", "counter", "Connections accepted.",
          &metrics->connections_accepted },
        { "barograph_http_connections_evicted_total", "counter", "Idle connections closed to make room.",
          &metrics->connections_evicted },
        { "barograph_http_received_bytes_total", "counter", "Bytes read from clients.",
          &metrics->received_bytes },
        { "barograph_http_requests_in_flight", "gauge", "Requests being read or answered.",
          &metrics->requests_in_flight },
        { "barograph_http_sent_bytes_total", "counter", "Bytes written to clients.", &metrics->sent_bytes },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_head(out, rows[i].name, rows[i].type, rows[i].help);
        buf_printf(out, "%s %llu\n", rows[i].name, (unsigned long long)read_counter(rows[i].value));
    }
}

void metrics_write(const struct metrics *metrics, struct buf *out) {
    size_t row_count = metrics->app->route_count + 2;

    write_scalars(metrics, out);
    write_head(out, "barograph_http_requests_total", "counter", "Requests by route and status class.");
    for (size_t row = 0; row < row_count; row++)
        write_counts(metrics, row, out);
    write_head(out, "barograph_http_request_duration_seconds", "histogram",
               "From the last byte of a request's head to the last byte of its response.");
    for (size_t row = 0; row < row_count; row++)
        if (request_count(&metrics->routes[row]) > 0)
            write_latency(metrics, row, out);
}
