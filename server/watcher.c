/* watcher.c - see watcher.h. */
#include "server/watcher.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/blobs/blobs.h"
#include "server/store/artifact.h"
#include "server/store/run.h"
#include "server/store/run_file.h"

#include <pthread.h>

enum {
    RUNS_PER_LOOK = 1000,
    ARTIFACTS_PER_LOOK = 100,
    BLOBS_PER_LOOK = 100,
    LONGEST_PAUSE_MS = 10000,
    CLEANING_PERIOD_MS = 600000,
    /* Longer than any upload link lives, so that what a client was just told it need not send is still there. */
    BLOB_GRACE_MS = 26 * 3600 * 1000,
};

struct watcher {
    struct app *app;
    int64_t crash_after_ms;
    int64_t started_ms;       /* monotonic */
    int64_t next_cleaning_ms; /* monotonic */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wakes;
    _Atomic bool is_stopping; /* set under the lock; read between two pieces of work without it */
};

/* ---- runs that fell silent ---- */

struct silence {
    int64_t since_ms, now_ms;
    size_t count;
};

static enum err_code crash_silent_runs(struct db_tx *tx, void *context, struct err *err) {
    struct silence *silence = context;
    return run_crash_silent(tx, silence->since_ms, silence->now_ms, RUNS_PER_LOOK, &silence->count, err);
}

static void look_for_silence(struct watcher *watcher) {
    struct err err;
    struct silence silence = { .now_ms = clock_wall_ms() };
    /* While this server was down nobody could be heard: silence counts from its start. */
    if (watcher->crash_after_ms == 0 || clock_mono_ms() - watcher->started_ms < watcher->crash_after_ms)
        return;
    silence.since_ms = silence.now_ms - watcher->crash_after_ms;
    if (db_write(watcher->app->db, crash_silent_runs, &silence, &err) != OK)
        log_warn("cannot look for runs that fell silent: %s", err.message);
    else if (silence.count > 0)
        log_info("%zu runs fell silent and are crashed now", silence.count);
}

/* ---- artifacts and blobs ---- */

struct cleaning {
    struct watcher *watcher;
    size_t count;
};

static enum err_code delete_expired(struct db_tx *tx, void *context, struct err *err) {
    struct cleaning *cleaning = context;
    struct arena *arena = arena_create();
    int64_t now_ms = clock_wall_ms();
    struct list expired;
    enum err_code code = artifact_list_expired(tx, now_ms, ARTIFACTS_PER_LOOK, arena, &expired, err);
    for (size_t i = 0; code == OK && i < expired.count; i++)
        code = artifact_delete(tx, ((const struct artifact *)expired.items[i])->id, now_ms, err);
    cleaning->count = code == OK ? expired.count : 0;
    arena_destroy(arena);
    return code;
}

static enum err_code remove_blob(void *context, const unsigned char sha256[SHA256_BYTES], struct err *err) {
    struct cleaning *cleaning = context;
    struct blob_id id;
    memcpy(id.sha256, sha256, SHA256_BYTES);
    return blobs_remove(cleaning->watcher->app->blobs, &id, err);
}

static enum err_code collect_blobs(struct db_tx *tx, void *context, struct err *err) {
    struct cleaning *cleaning = context;
    return blob_collect(tx, clock_wall_ms() - BLOB_GRACE_MS, BLOBS_PER_LOOK, remove_blob, cleaning, &cleaning->count, err);
}

static void clean(struct watcher *watcher, db_work *work, const char *what) {
    struct cleaning cleaning;
    struct err err;
    do {
        cleaning = (struct cleaning){ .watcher = watcher };
        if (db_write(watcher->app->db, work, &cleaning, &err) != OK) {
            log_warn("cannot %s: %s", what, err.message);
            return;
        }
        if (cleaning.count > 0)
            log_info("%s: %zu", what, cleaning.count);
    } while (cleaning.count > 0 && !watcher->is_stopping);
}

static void clean_if_due(struct watcher *watcher) {
    if (clock_mono_ms() < watcher->next_cleaning_ms)
        return;
    clean(watcher, delete_expired, "delete artifact versions whose time is over");
    clean(watcher, collect_blobs, "collect blobs that nobody has");
    watcher->next_cleaning_ms = clock_mono_ms() + CLEANING_PERIOD_MS;
}

/* ---- the thread ---- */

static int64_t pause_ms(const struct watcher *watcher) {
    int64_t quarter = watcher->crash_after_ms / 4;
    return quarter > 0 && quarter < LONGEST_PAUSE_MS ? quarter : LONGEST_PAUSE_MS;
}

/* False when it is time to stop. */
static bool pause(struct watcher *watcher) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    int64_t ns = until.tv_nsec + pause_ms(watcher) * 1000000;
    until.tv_sec += ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    (void)pthread_mutex_lock(&watcher->lock);
    if (!watcher->is_stopping)
        (void)pthread_cond_timedwait(&watcher->wakes, &watcher->lock, &until);
    bool goes_on = !watcher->is_stopping;
    (void)pthread_mutex_unlock(&watcher->lock);
    return goes_on;
}

static void *watch(void *context) {
    struct watcher *watcher = context;
    while (pause(watcher)) {
        look_for_silence(watcher);
        clean_if_due(watcher);
    }
    return NULL;
}

struct watcher *watcher_start(struct app *app, int64_t crash_after_s) {
    struct watcher *watcher = calloc(1, sizeof *watcher);
    if (watcher == NULL)
        log_fatal("out of memory: cannot start the watcher");
    watcher->app = app;
    watcher->crash_after_ms = crash_after_s * 1000;
    watcher->started_ms = clock_mono_ms();
    watcher->next_cleaning_ms = watcher->started_ms + CLEANING_PERIOD_MS;
    (void)pthread_mutex_init(&watcher->lock, NULL);
    (void)pthread_cond_init(&watcher->wakes, NULL);
    if (pthread_create(&watcher->thread, NULL, watch, watcher) != 0)
        log_fatal("cannot start the watcher's thread");
    return watcher;
}

void watcher_stop(struct watcher *watcher) {
    if (watcher == NULL)
        return;
    (void)pthread_mutex_lock(&watcher->lock);
    watcher->is_stopping = true;
    (void)pthread_cond_signal(&watcher->wakes);
    (void)pthread_mutex_unlock(&watcher->lock);
    (void)pthread_join(watcher->thread, NULL);
    (void)pthread_mutex_destroy(&watcher->lock);
    (void)pthread_cond_destroy(&watcher->wakes);
    free(watcher);
}
