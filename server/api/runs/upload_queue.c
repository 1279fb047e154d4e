/* upload_queue.c - see upload_queue.h. Whatever arrives while one group is on its way is the next group. */
#include "server/api/runs/upload_queue.h"

#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
    GROUP_MAX = 256,   /* others want to write, too */
    CROWD = 8,         /* so many in the last group: more are on their way, and a commit costs the less the more it holds */
    GATHER_US = 500,   /* then they are waited for, again and again as long as some come each time */
    GATHERS_MAX = 3,
    ENOUGH = 128,
    KNOWN_MS = 1000,
    PARAM_MAX = 24, /* an id */
};

/* Who may upload to what. */
struct known {
    const struct upload_kind *kind;
    char param[PARAM_MAX];
    int64_t user_id, key_id, session_id;
};

struct upload_queue {
    struct db *db;
    struct upload_steps steps;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t has_uploads;
    struct upload *first, **end;
    size_t waiting_count, last_count;
    struct known known;
    int64_t known_until_ms; /* monotonic */
    bool is_stopping;
};

struct group {
    struct upload_queue *queue;
    struct upload *first;
    size_t count;
    bool is_of_one; /* that it failed */
};

static void wait_for_uploads(struct upload_queue *queue) {
    static const struct timespec gathering = { .tv_nsec = GATHER_US * 1000L };
    while (queue->first == NULL && !queue->is_stopping)
        (void)pthread_cond_wait(&queue->has_uploads, &queue->mutex);
    size_t before = 0;
    for (int i = 0; queue->last_count >= CROWD && i < GATHERS_MAX; i++) {
        (void)pthread_mutex_unlock(&queue->mutex);
        (void)nanosleep(&gathering, NULL);
        (void)pthread_mutex_lock(&queue->mutex);
        if (queue->waiting_count == before || queue->waiting_count >= ENOUGH)
            return;
        before = queue->waiting_count;
    }
}

/* Up to GROUP_MAX, in their order; none when it is time to stop. */
static struct upload *take(struct upload_queue *queue, size_t *count) {
    struct upload **end = &queue->first;
    (void)pthread_mutex_lock(&queue->mutex);
    wait_for_uploads(queue);
    queue->last_count = 0;
    for (; *end != NULL && queue->last_count < GROUP_MAX; queue->last_count++)
        end = &(*end)->next;
    struct upload *rest = *end, *first = queue->first;
    *end = NULL;
    queue->first = rest;
    if (rest == NULL)
        queue->end = &queue->first;
    *count = queue->last_count;
    queue->waiting_count -= queue->last_count;
    (void)pthread_mutex_unlock(&queue->mutex);
    return first;
}

static enum err_code store_group(struct db_tx *tx, void *context, struct err *err) {
    struct group *group = context;
    struct upload *upload = group->first;
    const struct upload *before = NULL;
    group->is_of_one = true;
    for (size_t i = 0; i < group->count; i++, upload = upload->next) {
        upload->before = before != NULL && before->kind == upload->kind ? before : NULL;
        TRY(group->queue->steps.store(tx, upload, err));
        before = upload;
    }
    group->is_of_one = false;
    return OK;
}

static struct upload *store(struct group group); /* answers those that come after it */

/* A blob that is just being removed is busy for the one that brings its bytes. */
static bool is_of_the_database(const struct group *group, enum err_code code) {
    return (code == ERR_BUSY && !group->is_of_one) || code == ERR_FULL || code == ERR_IO;
}

/* Nothing of the group is stored. Where it is one of them that fails, halves find it; otherwise all come again. */
static struct upload *store_again(const struct group *group, enum err_code code, const struct err *err) {
    if (group->count > 1 && !is_of_the_database(group, code)) {
        struct upload *second = store((struct group){ .queue = group->queue, .first = group->first, .count = group->count / 2 });
        return store((struct group){ .queue = group->queue, .first = second, .count = group->count - group->count / 2 });
    }
    struct upload *upload = group->first;
    for (size_t i = 0; i < group->count; i++, upload = upload->next) {
        upload->code = code;
        upload->err = *err;
    }
    return upload;
}

static struct upload *store(struct group group) {
    struct err err = { 0 };
    enum err_code code = db_write(group.queue->db, store_group, &group, &err);
    if (code != OK)
        return store_again(&group, code, &err);
    struct upload *upload = group.first;
    for (size_t i = 0; i < group.count; i++, upload = upload->next)
        upload->code = OK;
    return upload;
}

/* The answers in one go at the end: each would wake those that wait for it. */
static void run_group(struct upload_queue *queue, struct upload *first, size_t count) {
    (void)store((struct group){ .queue = queue, .first = first, .count = count });
    for (struct upload *upload = first, *next; upload != NULL; upload = next) {
        next = upload->next; /* an upload may be gone once it is answered */
        queue->steps.answer(upload, upload->code, &upload->err);
    }
}

static void *run(void *context) {
    struct upload_queue *queue = context;
    struct upload *first;
    size_t count;
    while ((first = take(queue, &count)) != NULL)
        run_group(queue, first, count);
    return NULL;
}

struct upload_queue *upload_queue_create(struct db *db, const struct upload_steps *steps) {
    struct upload_queue *queue = calloc(1, sizeof *queue);
    if (queue == NULL)
        log_fatal("out of memory: cannot take uploads");
    queue->db = db;
    queue->steps = *steps;
    queue->end = &queue->first;
    (void)pthread_mutex_init(&queue->mutex, NULL);
    (void)pthread_cond_init(&queue->has_uploads, NULL);
    int number = pthread_create(&queue->thread, NULL, run, queue);
    if (number != 0)
        log_fatal("cannot start a thread that links uploads: %s", strerrordesc_np(number));
    return queue;
}

static struct known known_of(const struct upload *upload) {
    const struct identity *identity = http_identity(upload->call);
    struct known known;
    memset(&known, 0, sizeof known); /* it is compared whole */
    known.kind = upload->kind;
    (void)snprintf(known.param, sizeof known.param, "%.*s", STR_ARG(upload->call->params[0]));
    known.user_id = identity->user_id;
    known.key_id = identity->key_id;
    known.session_id = identity->session_id;
    return known;
}

bool upload_queue_knows(struct upload_queue *queue, const struct upload *upload) {
    struct known known = known_of(upload);
    (void)pthread_mutex_lock(&queue->mutex);
    bool knows = clock_mono_ms() < queue->known_until_ms && memcmp(&known, &queue->known, sizeof known) == 0;
    (void)pthread_mutex_unlock(&queue->mutex);
    return knows;
}

void upload_queue_learn(struct upload_queue *queue, const struct upload *upload) {
    struct known known = known_of(upload);
    (void)pthread_mutex_lock(&queue->mutex);
    queue->known = known;
    queue->known_until_ms = clock_mono_ms() + KNOWN_MS;
    (void)pthread_mutex_unlock(&queue->mutex);
}

void upload_queue_add(struct upload_queue *queue, struct upload *upload) {
    upload->next = NULL;
    (void)pthread_mutex_lock(&queue->mutex);
    if (queue->first == NULL)
        (void)pthread_cond_signal(&queue->has_uploads);
    *queue->end = upload;
    queue->end = &upload->next;
    queue->waiting_count++;
    (void)pthread_mutex_unlock(&queue->mutex);
}

void upload_queue_destroy(struct upload_queue *queue) {
    if (queue == NULL)
        return;
    (void)pthread_mutex_lock(&queue->mutex);
    queue->is_stopping = true;
    (void)pthread_cond_signal(&queue->has_uploads);
    (void)pthread_mutex_unlock(&queue->mutex);
    (void)pthread_join(queue->thread, NULL);
    (void)pthread_mutex_destroy(&queue->mutex);
    (void)pthread_cond_destroy(&queue->has_uploads);
    free(queue);
}
