/* watcher.c - see watcher.h. */
#include "server/watcher.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/os.h"
#include "server/api/projects/quota.h"
#include "server/ballast.h"
#include "server/blobs/arrival.h"
#include "server/blobs/depot.h"
#include "server/cleaner.h"
#include "server/store/db/lease.h"
#include "server/store/runs/run.h"

#include <pthread.h>

enum {
    RUNS_PER_LOOK = 1000,
    PAUSE_MS = 1000, /* what was deleted is gone for all who ask; its rows may wait that long */
    LONGEST_SILENCE_PERIOD_MS = 10000,
    EXPIRY_PERIOD_MS = 30000, /* so late a version's end may be, and none after a start */
    QUOTA_PERIOD_MS = 10000,
    QUOTA_SHARE = 20, /* counting takes no more than a twentieth of the time */
    /* Longer than any upload link lives, so that what a client was just told it need not send is still there. */
    BLOB_GRACE_MS = 26 * 3600 * 1000,
};

struct watcher {
    struct app *app;
    int64_t crash_after_ms, clean_every_ms;
    int64_t started_ms;       /* monotonic */
    int64_t next_cleaning_ms, next_expiry_ms, next_silence_ms, next_quota_ms; /* monotonic */
    struct ballast ballast;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wakes;
    _Atomic bool is_stopping; /* set under the lock; read between two pieces of work without it */
};

/* Of several servers one does this for all. */
static bool has_upkeep(const struct watcher *watcher) {
    return lease_keeper_has(watcher->app->leases, DUTY_UPKEEP);
}

/* ---- runs that fell silent ---- */

struct silence {
    struct lease_keeper *leases;
    int64_t since_ms, now_ms;
    size_t count;
};

static enum err_code crash_silent_runs(struct db_tx *tx, void *context, struct err *err) {
    struct silence *silence = context;
    TRY(lease_keeper_check(silence->leases, tx, DUTY_UPKEEP, err));
    return run_crash_silent(tx, silence->since_ms, silence->now_ms, RUNS_PER_LOOK, &silence->count, err);
}

static int64_t silence_period_ms(const struct watcher *watcher) {
    int64_t quarter = watcher->crash_after_ms / 4;
    return quarter > 0 && quarter < LONGEST_SILENCE_PERIOD_MS ? quarter : LONGEST_SILENCE_PERIOD_MS;
}

static void look_for_silence(struct watcher *watcher) {
    struct err err;
    struct silence silence = { .leases = watcher->app->leases, .now_ms = clock_wall_ms() };

    if (clock_mono_ms() < watcher->next_silence_ms)
        return;
    watcher->next_silence_ms = clock_mono_ms() + silence_period_ms(watcher);
    /* While this server was down nobody could be heard: silence counts from its start. */
    if (watcher->crash_after_ms == 0 || clock_mono_ms() - watcher->started_ms < watcher->crash_after_ms)
        return;
    silence.since_ms = silence.now_ms - watcher->crash_after_ms;
    if (db_write(watcher->app->db, crash_silent_runs, &silence, &err) != OK)
        log_warn("cannot look for runs that fell silent: %s", err.message);
    else if (silence.count > 0)
        log_info("%zu runs fell silent and are crashed now", silence.count);
}

/* ---- cleaning ---- */

static void remove_what_was_deleted(struct watcher *watcher) {
    struct err err;
    bool is_idle = false;
    while (!is_idle && !watcher->is_stopping)
        if (cleaner_remove_portion(watcher->app, &is_idle, &err) != OK) {
            log_warn("cannot remove what was deleted: %s", err.message);
            return;
        }
}

static void expire_if_due(struct watcher *watcher) {
    struct err err;
    size_t count = 0;

    if (clock_mono_ms() < watcher->next_expiry_ms)
        return;
    do
        if (cleaner_delete_expired(watcher->app, &count, &err) != OK)
            log_warn("cannot delete artifact versions whose time is over: %s", err.message);
    while (count > 0 && !watcher->is_stopping);
    watcher->next_expiry_ms = clock_mono_ms() + EXPIRY_PERIOD_MS;
}

static void clean(struct watcher *watcher) {
    struct err err;
    size_t count = 0;

    if (cleaner_collect_blobs(watcher->app, BLOB_GRACE_MS, &watcher->is_stopping, &count, &err) != OK)
        log_warn("cannot collect blobs that nobody has: %s", err.message);
    if (count > 0)
        log_info("collected %zu blobs that nobody had", count);
}

static void clean_if_due(struct watcher *watcher) {
    if (clock_mono_ms() < watcher->next_cleaning_ms)
        return;
    if (has_upkeep(watcher))
        clean(watcher);
    cleaner_sweep_gathered(watcher->app, BLOB_GRACE_MS);
    depot_tidy(watcher->app->blob_depot, watcher->app->cache_max_bytes / 2);
    if (has_upkeep(watcher))
        arrival_tidy(watcher->app->blob_depot, ARRIVAL_KEPT_MS);
    depot_tidy(watcher->app->history_depot, watcher->app->cache_max_bytes / 2);
    watcher->next_cleaning_ms = clock_mono_ms() + watcher->clean_every_ms;
}

/* ---- quotas ---- */

static void count_quota(struct watcher *watcher) {
    int64_t begun_ms = clock_mono_ms();
    struct err err;

    if (begun_ms < watcher->next_quota_ms)
        return;
    if (quota_count(watcher->app->quota, watcher->app, &err) != OK)
        log_warn("cannot count what is stored: %s", err.message);
    int64_t pause_ms = (clock_mono_ms() - begun_ms) * QUOTA_SHARE;
    watcher->next_quota_ms = clock_mono_ms() + (pause_ms > QUOTA_PERIOD_MS ? pause_ms : QUOTA_PERIOD_MS);
}

/* ---- the thread ---- */

/* False when it is time to stop. */
static bool pause(struct watcher *watcher) {
    int64_t silence_ms = silence_period_ms(watcher), pause_ms = silence_ms < PAUSE_MS ? silence_ms : PAUSE_MS;
    (void)pthread_mutex_lock(&watcher->lock);
    if (!watcher->is_stopping)
        (void)os_cond_wait_until(&watcher->wakes, &watcher->lock, clock_mono_ms() + pause_ms);
    bool goes_on = !watcher->is_stopping;
    (void)pthread_mutex_unlock(&watcher->lock);
    return goes_on;
}

static void *watch(void *context) {
    struct watcher *watcher = context;
    while (pause(watcher)) {
        ballast_look(&watcher->ballast);
        if (has_upkeep(watcher)) {
            look_for_silence(watcher);
            expire_if_due(watcher);
            remove_what_was_deleted(watcher);
        }
        count_quota(watcher);
        clean_if_due(watcher);
    }
    return NULL;
}

struct watcher *watcher_start(struct app *app, int64_t crash_after_s, int64_t clean_every_s, const char *folder, const char *ballast) {
    struct watcher *watcher = calloc(1, sizeof *watcher);
    if (watcher == NULL)
        log_fatal("out of memory: cannot start the watcher");
    watcher->app = app;
    watcher->ballast = (struct ballast){ folder, ballast, &app->is_disk_low };
    watcher->crash_after_ms = crash_after_s * 1000;
    watcher->clean_every_ms = clean_every_s * 1000;
    watcher->started_ms = clock_mono_ms();
    watcher->next_cleaning_ms = watcher->started_ms + watcher->clean_every_ms;
    (void)pthread_mutex_init(&watcher->lock, NULL);
    os_cond_init(&watcher->wakes);
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
