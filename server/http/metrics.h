/* metrics.h - what the server counts: requests by route and status class, their latency, connections, bytes.
 *
 * Threads: the loop writes, anybody may read; all are relaxed atomics. Memory: metrics_destroy.
 */
#ifndef SERVER_HTTP_METRICS_H
#define SERVER_HTTP_METRICS_H

#include "base/buf.h"
#include "server/http/http.h"

#include <stdatomic.h>

enum { LATENCY_BUCKETS = 14, STATUS_CLASSES = 6 };

/* Of one row of the route table; labels never hold a path, for paths hold tenants' names. */
struct route_metrics {
    _Atomic uint64_t by_class[STATUS_CLASSES];     /* [2]: 2xx; [0]: the client went away before the answer */
    _Atomic uint64_t buckets[LATENCY_BUCKETS + 1]; /* the last one: slower than all */
    _Atomic uint64_t total_us;
};

struct metrics {
    const struct http_app *app;
    struct route_metrics *routes; /* one per row, then `otherwise`, then requests without a route */
    _Atomic uint64_t connections_open, connections_accepted, connections_evicted;
    _Atomic uint64_t requests_in_flight;
    _Atomic uint64_t received_bytes, sent_bytes;
};

struct metrics *metrics_create(const struct http_app *app);
void metrics_destroy(struct metrics *metrics); /* NULL is fine */

void metrics_add(_Atomic uint64_t *counter, uint64_t amount);
/* route NULL: `otherwise` when it was found by that, else none. status 0: no answer was sent. */
void metrics_count_request(struct metrics *metrics, const struct http_route *route, bool is_otherwise,
                           int status, int64_t duration_ns);
void metrics_write(const struct metrics *metrics, struct buf *out);

#endif
