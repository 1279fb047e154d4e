/* live_watch.h - what one page wants to hear of: a few projects, or single runs of them.
 *
 * Threads: the live thread's. Memory: live_watches_finish.
 */
#ifndef SERVER_API_LIVE_WATCH_H
#define SERVER_API_LIVE_WATCH_H

#include "base/json.h"
#include "server/api/access.h"
#include "server/store/runs/run_news.h"

enum {
    LIVE_WATCHES_MAX = 16,
    LIVE_RUNS_PER_MESSAGE = 500,
};

struct live_watch {
    char *entity, *project, *run; /* run: "" for all of the project */
    int64_t project_id;           /* 0: not looked up yet, or refused */
    int64_t version;              /* told so far */
};

/* {"entity": "a", "project": "b", "run": "c"}. ERR_BAD_INPUT: there is nothing to finish. */
MUST_CHECK enum err_code live_watch_read(struct live_watch *watch, const struct json_value *item, struct err *err);
void live_watch_finish(struct live_watch *watch);
/* Of the same place. */
bool live_watch_is_same(const struct live_watch *a, const struct live_watch *b);
/* {"type": "...", "entity": "a", "project": "b" */
void live_watch_begin_message(struct json_writer *json, const struct live_watch *watch, const char *type);

struct live_watches {
    struct live_watch items[LIVE_WATCHES_MAX];
    size_t count;
};

void live_watches_finish(struct live_watches *watches);

/* {"watch": [{"entity": "a", "project": "b", "run": "c"}, ...]} takes the place of what was watched before; a watch that
 * was there already goes on where it was. ERR_BAD_INPUT. */
MUST_CHECK enum err_code live_watches_read(struct live_watches *watches, struct str text, struct arena *arena, struct err *err);

/* Finds the projects again and with them whether the identity may (still) read. */
MUST_CHECK enum err_code live_watches_authorize(struct live_watches *watches, struct db_tx *tx, struct identity *identity,
                                                struct err *err);

/* What there is to be told of one watch. */
struct live_news {
    int64_t version; /* what the watch will have been told then */
    struct run_news *runs;
    size_t count; /* 0: nothing; above LIVE_RUNS_PER_MESSAGE: too many to be told one by one */
};
MUST_CHECK enum err_code live_watch_read_news(const struct live_watch *watch, struct db_tx *tx, struct arena *arena,
                                              struct live_news *out, struct err *err);
/* There is something. */
void live_watch_write_news(const struct live_watch *watch, const struct live_news *news, struct buf *out);

#endif
