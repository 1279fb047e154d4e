/* automation_worker.c - see automation_worker.h. */
#include "server/api/automations/automation_worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/os.h"
#include "server/api/automations/automation_watch.h"
#include "server/store/automations/delivery.h"
#include "server/store/projects/trash.h"

#include <pthread.h>

enum { PAUSE_MS = 1000, FORGET_PERIOD_MS = 3600000 };
/* How long the log of deliveries reaches back. */
#define DELIVERIES_KEPT_MS ((int64_t)90 * 24 * 3600 * 1000)

struct automation_worker {
    struct app *app;
    const struct outside *outside;
    int64_t next_forgetting_ms; /* monotonic */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wakes;
    _Atomic bool is_stopping; /* set under the lock */
};

/* ---- sending ---- */

struct sending {
    struct arena *arena;
    struct delivery *delivery;
    struct delivery_outcome outcome;
    bool is_due;
};

static enum err_code take(struct db_tx *tx, void *context, struct err *err) {
    struct sending *sending = context;
    return delivery_take(tx, clock_wall_ms(), sending->arena, &sending->delivery, err);
}

static enum err_code end(struct db_tx *tx, void *context, struct err *err) {
    struct sending *sending = context;
    return delivery_end(tx, sending->delivery, &sending->outcome, clock_wall_ms(), err);
}

static enum err_code look_whether_due(struct db_tx *tx, void *context, struct err *err) {
    struct sending *sending = context;
    return delivery_is_due(tx, clock_wall_ms(), &sending->is_due, err);
}

static void send(const struct automation_worker *worker, struct sending *sending) {
    const struct outside *outside = worker->outside;
    bool is_mail = sending->delivery->integration_id == 0;
    if (!is_mail)
        webhook_send(outside->networks, worker->app->secrets, sending->delivery, &sending->outcome, sending->arena);
    else if (outside->has_mail)
        mail_send(&outside->mail, sending->delivery, &sending->outcome, sending->arena);
    else
        sending->outcome = (struct delivery_outcome){ .is_hopeless = true, .error = STR("this server sends no mail") };
    if (!sending->outcome.is_sent)
        log_warn("delivery %lld (attempt %lld): %.*s", (long long)sending->delivery->id, (long long)sending->delivery->attempts,
                 STR_ARG(sending->outcome.error));
}

/* False when nothing is due. */
static bool send_next(struct automation_worker *worker) {
    struct sending sending = { .arena = arena_create() };
    struct db *db = worker->app->db;
    struct err err;
    enum err_code code = db_read(db, look_whether_due, &sending, &err);
    if (code == OK && sending.is_due)
        code = db_write(db, take, &sending, &err);
    bool was_due = code == OK && sending.delivery != NULL;
    if (was_due) {
        send(worker, &sending);
        code = db_write(db, end, &sending, &err);
    }
    if (code != OK)
        log_warn("cannot work on deliveries: %s", err.message);
    arena_destroy(sending.arena);
    return was_due && code == OK;
}

/* ---- looking ---- */

static void look(struct automation_worker *worker) {
    struct err err;
    bool has_more = true;
    while (has_more && !worker->is_stopping)
        if (automation_watch_artifacts(worker->app, &has_more, &err) != OK) {
            log_warn("cannot look at what happened to artifacts: %s", err.message);
            break;
        }
    for (has_more = true; has_more && !worker->is_stopping;)
        if (automation_watch_runs(worker->app, &has_more, &err) != OK) {
            log_warn("cannot look at what happened to runs: %s", err.message);
            break;
        }
}

static enum err_code forget(struct db_tx *tx, void *context, struct err *err) {
    (void)context;
    TRY(trash_purge_views(tx, clock_wall_ms(), err));
    return delivery_forget(tx, clock_wall_ms() - DELIVERIES_KEPT_MS, err);
}

static void forget_if_due(struct automation_worker *worker) {
    struct err err;
    if (clock_mono_ms() < worker->next_forgetting_ms)
        return;
    worker->next_forgetting_ms = clock_mono_ms() + FORGET_PERIOD_MS;
    if (db_write(worker->app->db, forget, NULL, &err) != OK)
        log_warn("cannot forget old deliveries: %s", err.message);
}

/* ---- the thread ---- */

static bool pause(struct automation_worker *worker) {
    (void)pthread_mutex_lock(&worker->lock);
    if (!worker->is_stopping)
        (void)os_cond_wait_until(&worker->wakes, &worker->lock, clock_mono_ms() + PAUSE_MS);
    bool goes_on = !worker->is_stopping;
    (void)pthread_mutex_unlock(&worker->lock);
    return goes_on;
}

static void *work(void *context) {
    struct automation_worker *worker = context;
    while (pause(worker)) {
        look(worker);
        while (!worker->is_stopping && send_next(worker))
            ;
        forget_if_due(worker);
    }
    return NULL;
}

struct automation_worker *automation_worker_start(struct app *app, const struct outside *outside) {
    struct automation_worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        log_fatal("out of memory: cannot start the automations' worker");
    worker->app = app;
    worker->outside = outside;
    worker->next_forgetting_ms = clock_mono_ms() + FORGET_PERIOD_MS;
    (void)pthread_mutex_init(&worker->lock, NULL);
    os_cond_init(&worker->wakes);
    if (pthread_create(&worker->thread, NULL, work, worker) != 0)
        log_fatal("cannot start the automations' thread");
    return worker;
}

void automation_worker_stop(struct automation_worker *worker) {
    if (worker == NULL)
        return;
    (void)pthread_mutex_lock(&worker->lock);
    worker->is_stopping = true;
    (void)pthread_cond_signal(&worker->wakes);
    (void)pthread_mutex_unlock(&worker->lock);
    (void)pthread_join(worker->thread, NULL);
    (void)pthread_mutex_destroy(&worker->lock);
    (void)pthread_cond_destroy(&worker->wakes);
    free(worker);
}
