/* live_chart.h - the charts that a page draws: what is new of their series is pushed to it as it comes (docs/web-api.md).
 *
 * The page says of each series where it ends; from then on the server knows, because each push moves that place. A series of
 * points begins with the last point that the page has, one of buckets with its last bucket, which may still grow. Nothing is
 * queued: what could not be pushed now goes with what comes later, and the page, which hears of the new lines in any case,
 * may ask for them meanwhile.
 *
 * Threads: the live thread's. Memory: live_charts_finish.
 */
#ifndef SERVER_API_LIVE_CHART_H
#define SERVER_API_LIVE_CHART_H

#include "server/api/charts/chart_compact.h"
#include "server/api/charts/live_watch.h"
#include "server/store/runs/run_news.h"

struct websocket;

enum {
    LIVE_CHARTS_MAX = 64,
    LIVE_SERIES_MAX = 1000,            /* of a page */
    LIVE_SERIES_OF_ALL_MAX = 100000,   /* of a server's pages together */
    LIVE_NAME_BYTES_MAX = 256 * 1024,  /* of a page: its charts stay over many messages */
    LIVE_BUCKETS_MAX = 512,
};

struct live_series {
    uint32_t run, key;  /* into the chart's lists */
    double start, width; /* width 0: points */
};

struct live_chart {
    int64_t id; /* the page's */
    struct str entity, project, x;
    struct str *runs, *keys;
    int64_t *lines; /* of each run: how many were pushed; -1: none yet */
    size_t run_count, key_count, name_bytes;
    struct live_series *series;
    size_t series_count;
    struct chart_compact_spec compact;
    struct arena *arena; /* holds all of it */
};

struct live_charts {
    struct live_chart *items[LIVE_CHARTS_MAX];
    size_t count, series_count, name_bytes;
};

void live_charts_finish(struct live_charts *charts);

/* The member "charts" of a page's message takes the place of what was there; {"id": 3} alone goes on where it was. room: how
 * many series all pages may have besides. What is beyond the limits is left out. ERR_BAD_INPUT changes nothing. */
MUST_CHECK enum err_code live_charts_read(struct live_charts *charts, struct str text, size_t room, struct arena *arena,
                                          struct err *err);

/* How long pushing may take: work of the thread, and, where it waits for others, much more. A busy machine takes no points away. */
struct live_time {
    int64_t work_ends_ms, ends_ms;
};
struct live_time live_time_from_now(int64_t work_ms);
bool live_time_is_up(const struct live_time *time);

/* Pushes what the runs in the news have logged to the charts of the watch's project, until the time is up. */
MUST_CHECK enum err_code live_charts_push(struct live_charts *charts, struct history *history, const struct live_watch *watch,
                                          const struct run_news *news, size_t count, struct websocket *socket, const struct live_time *time,
                                          struct err *err);

#endif
