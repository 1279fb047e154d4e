/* live_log.h - the logs that a page shows: lines that are new, or written again, are pushed to it as they come
 * (docs/web-api.md).
 *
 * The page says up to which change of the run it has all; from then on the server knows. Nothing is queued: of what came between
 * two looks the newest lines are pushed, and a page that is told of more asks for it.
 *
 * Threads: the live thread's. Memory: live_logs_finish.
 */
#ifndef SERVER_API_LIVE_LOG_H
#define SERVER_API_LIVE_LOG_H

#include "server/api/charts/live_watch.h"

struct websocket;

enum {
    LIVE_LOGS_MAX = 8,                /* of a page */
    LIVE_LOG_LINES_MAX = 400,         /* of a push */
    LIVE_LOG_BYTES_MAX = 64 * 1024,   /* of the lines of a push, as they are stored */
    LIVE_LOG_LINE_BYTES_MAX = 16 * 1024,
};

struct live_log {
    struct live_watch place; /* its run is named */
    int64_t told;            /* the change up to which the page was told */
    bool is_due;             /* there may be lines above */
};

struct live_logs {
    struct live_log items[LIVE_LOGS_MAX];
    size_t count;
};

void live_logs_finish(struct live_logs *logs);

/* The member "logs" of a page's message takes the place of what was there: {"entity", "project", "run", "after"}; one that was there
 * already goes on where it was. ERR_BAD_INPUT changes nothing. */
MUST_CHECK enum err_code live_logs_read(struct live_logs *logs, struct str text, struct arena *arena, struct err *err);

/* Of a log in a project that the page watches, and whose run is in the news. */
void live_logs_hear(struct live_logs *logs, const struct live_watch *watch, const struct live_news *news);

/* What there is to be pushed of one log. */
struct live_lines {
    bool is_read; /* false: nothing is due, or it may not be seen */
    int64_t last; /* what the page will have been told then */
    struct console_line *lines; /* newest first */
    size_t count;
    bool is_more; /* than these */
};
MUST_CHECK enum err_code live_log_read_lines(const struct live_log *log, const struct live_watches *watches, struct db_tx *tx,
                                             struct arena *arena, struct live_lines *out, struct err *err);
/* What could not be sent stays due. */
void live_log_push(struct live_log *log, const struct live_lines *lines, struct websocket *socket, struct arena *arena);

#endif
