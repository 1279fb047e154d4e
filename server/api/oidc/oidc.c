/* oidc.c - see oidc.h. */
#include "server/api/oidc/oidc.h"

#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>

enum { THREAD_COUNT = 8, WAIT_MAX_MS = 5000 };

struct waiting {
    struct http_call *call;
    enum err_code (*answer)(struct http_call *call, struct err *err);
    int64_t since_ms; /* monotonic */
};

struct oidc {
    const struct oidc_settings *settings;
    struct oidc_provider *provider;
    pthread_t threads[THREAD_COUNT];
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t has_changed;
    struct waiting waiting[OIDC_WAITING_MAX]; /* a ring */
    size_t first, count;
    bool is_stopping;
};

/* The lock is held. */
static bool take_first(struct oidc *oidc, struct waiting *out) {
    if (oidc->count == 0)
        return false;
    *out = oidc->waiting[oidc->first];
    oidc->first = (oidc->first + 1) % OIDC_WAITING_MAX;
    oidc->count--;
    return true;
}

/* Waits for one; false when it is time to stop. */
static bool take(struct oidc *oidc, struct waiting *out) {
    (void)pthread_mutex_lock(&oidc->mutex);
    while (oidc->count == 0 && !oidc->is_stopping)
        (void)pthread_cond_wait(&oidc->has_changed, &oidc->mutex);
    bool has_one = !oidc->is_stopping && take_first(oidc, out);
    (void)pthread_mutex_unlock(&oidc->mutex);
    return has_one;
}

/* Whom a provider that hangs has kept waiting is not made to wait for it again himself: the queue is never long in time. */
static enum err_code ask_or_refuse(const struct waiting *waiting, struct err *err) {
    if (clock_mono_ms() - waiting->since_ms > WAIT_MAX_MS)
        return err_set(err, ERR_BUSY, "the provider of log-ins is slow: try again in a moment");
    return waiting->answer(waiting->call, err);
}

static void *work(void *context) {
    struct waiting waiting;
    struct err err;
    while (take(context, &waiting)) {
        enum err_code code = ask_or_refuse(&waiting, &err);
        http_complete(waiting.call, code, &err);
    }
    return NULL;
}

struct oidc *oidc_start(const struct oidc_settings *settings, const struct webhook_networks *networks) {
    struct oidc *oidc = calloc(1, sizeof *oidc);
    if (oidc == NULL)
        log_fatal("out of memory: cannot offer log-ins at a provider");
    oidc->settings = settings;
    oidc->provider = oidc_provider_create(settings, networks);
    (void)pthread_mutex_init(&oidc->mutex, NULL);
    (void)pthread_cond_init(&oidc->has_changed, NULL);
    for (size_t i = 0; i < THREAD_COUNT; i++)
        if (pthread_create(&oidc->threads[i], NULL, work, oidc) != 0)
            log_fatal("cannot start a thread for log-ins at a provider");
    return oidc;
}

void oidc_stop(struct oidc *oidc) {
    struct waiting waiting;
    struct err err;
    if (oidc == NULL)
        return;
    (void)pthread_mutex_lock(&oidc->mutex);
    oidc->is_stopping = true;
    (void)pthread_cond_broadcast(&oidc->has_changed);
    (void)pthread_mutex_unlock(&oidc->mutex);
    for (size_t i = 0; i < THREAD_COUNT; i++)
        (void)pthread_join(oidc->threads[i], NULL);
    while (take_first(oidc, &waiting)) { /* nobody else takes or adds any more */
        enum err_code code = err_set(&err, ERR_BUSY, "the server is being stopped");
        http_complete(waiting.call, code, &err);
    }
}

void oidc_destroy(struct oidc *oidc) {
    if (oidc == NULL)
        return;
    oidc_provider_destroy(oidc->provider);
    (void)pthread_cond_destroy(&oidc->has_changed);
    (void)pthread_mutex_destroy(&oidc->mutex);
    free(oidc);
}

const struct oidc_settings *oidc_settings(const struct oidc *oidc) {
    return oidc->settings;
}

struct oidc_provider *oidc_provider(const struct oidc *oidc) {
    return oidc->provider;
}

enum err_code oidc_put_aside(struct oidc *oidc, struct http_call *call, enum err_code (*answer)(struct http_call *call, struct err *err),
                             struct err *err) {
    (void)pthread_mutex_lock(&oidc->mutex);
    bool has_room = !oidc->is_stopping && oidc->count < OIDC_WAITING_MAX;
    if (has_room) {
        http_defer(call); /* before another thread can complete it */
        oidc->waiting[(oidc->first + oidc->count++) % OIDC_WAITING_MAX] = (struct waiting){ call, answer, clock_mono_ms() };
        (void)pthread_cond_signal(&oidc->has_changed);
    }
    (void)pthread_mutex_unlock(&oidc->mutex);
    return has_room ? OK : err_set(err, ERR_BUSY, "too many people are logging in: try again in a moment");
}
