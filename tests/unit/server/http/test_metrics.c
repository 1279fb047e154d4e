/* test_metrics.c */
#include "server/http/metrics.h"

#include "../../base/fixture.h"

static const struct http_route rows[] = { { HTTP_PUT, "/files/{entity}", 1, NULL, 0, NULL } };
static const struct http_app app = { .routes = rows, .route_count = 1 };

static void assert_has(const struct metrics *metrics, const char *line) {
    struct buf out = BUF_INIT(1 << 20);
    metrics_write(metrics, &out);
    buf_append_char(&out, '\0');
    if (strstr(out.ptr, line) == NULL)
        fail_msg("'%s' is not in:\n%s", line, out.ptr);
    buf_finish(&out);
}

static void metrics__count_by_route_and_class(void **state) {
    struct metrics *metrics = metrics_create(&app);
    (void)state;
    metrics_count_request(metrics, &rows[0], false, 201, 3 * 1000 * 1000);
    metrics_count_request(metrics, &rows[0], false, 204, 3 * 1000 * 1000);
    metrics_count_request(metrics, &rows[0], false, 0, 40ll * 1000 * 1000 * 1000);
    metrics_count_request(metrics, NULL, false, 404, 0);
    metrics_count_request(metrics, NULL, true, 200, 0);
    assert_has(metrics,
               "barograph_http_requests_total{method=\"PUT\",route=\"/files/{entity}\",status=\"2xx\"} 2\n");
    assert_has(
        metrics,
        "barograph_http_requests_total{method=\"PUT\",route=\"/files/{entity}\",status=\"aborted\"} 1\n");
    assert_has(metrics, "barograph_http_requests_total{method=\"GET\",route=\"(none)\",status=\"4xx\"} 1\n");
    assert_has(metrics, "barograph_http_requests_total{method=\"GET\",route=\"(page)\",status=\"2xx\"} 1\n");
    metrics_destroy(metrics);
}

static void metrics__write_cumulative_histograms(void **state) {
    struct metrics *metrics = metrics_create(&app);
    (void)state;
    metrics_count_request(metrics, &rows[0], false, 200, 3 * 1000 * 1000);
    metrics_count_request(metrics, &rows[0], false, 200, 40ll * 1000 * 1000 * 1000);
    assert_has(metrics,
               "duration_seconds_bucket{method=\"PUT\",route=\"/files/{entity}\",le=\"0.0025\"} 0\n");
    assert_has(metrics, "duration_seconds_bucket{method=\"PUT\",route=\"/files/{entity}\",le=\"0.005\"} 1\n");
    assert_has(metrics, "duration_seconds_bucket{method=\"PUT\",route=\"/files/{entity}\",le=\"30\"} 1\n");
    assert_has(metrics, "duration_seconds_bucket{method=\"PUT\",route=\"/files/{entity}\",le=\"+Inf\"} 2\n");
    assert_has(metrics, "duration_seconds_sum{method=\"PUT\",route=\"/files/{entity}\"} 40.003000\n");
    assert_has(metrics, "duration_seconds_count{method=\"PUT\",route=\"/files/{entity}\"} 2\n");
    metrics_destroy(metrics);
}

int main(void) {
    const struct CMUnitTest tests[] = { TEST(metrics__count_by_route_and_class),
                                        TEST(metrics__write_cumulative_histograms) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
