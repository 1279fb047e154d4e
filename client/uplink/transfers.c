/* transfers.c - see transfers.h. */
#include "client/uplink/transfers.h"

#include "base/clock.h"
#include "base/os.h"
#include "base/protobuf.h"
#include "client/uplink/uploads.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    FILES_A_BATCH = 100,
    STACK_BYTES = 512 << 10,
    FIRST_WAIT_MS = 500,
    LONGEST_WAIT_MS = 30000,
    UPLOADED_MAX_BYTES = 16 << 20,
    ANSWER_MAX_BYTES = 16 << 10,
};

enum job_kind { JOB_FILE, JOB_ARTIFACT, JOB_USED_ARTIFACT };

struct job {
    struct job *next;
    enum job_kind kind;
    char *text; /* a file's path, or a record's body */
    size_t len;
};

/* What became of one artifact. */
struct outcome {
    struct outcome *next;
    char *answer; /* NULL: on its way */
    size_t client_id_len;
    char client_id[];
};

struct transfers {
    pthread_mutex_t mutex; /* guards all but the uplink, which is the thread's */
    pthread_cond_t changed;
    pthread_t thread;
    bool has_thread, is_stopping;
    struct uplink *uplink;
    struct job *first, *last;
    size_t waiting_count;
    struct outcome *outcomes;
    struct buf uploaded;
    struct upload_counters counters;
    int64_t failing_since_ms;
};

enum err_code transfers_create(struct transfers **out, const struct uplink_options *options, const struct uplink *leader,
                               struct err *err) {
    struct transfers *transfers = calloc(1, sizeof *transfers);
    if (transfers == NULL)
        return err_set(err, ERR_FULL, "out of memory");
    enum err_code code = uplink_create(&transfers->uplink, options, err);
    if (code != OK) {
        free(transfers);
        return code;
    }
    uplink_follow(transfers->uplink, leader);
    buf_init(&transfers->uploaded, UPLOADED_MAX_BYTES);
    pthread_mutex_init(&transfers->mutex, NULL);
    os_cond_init(&transfers->changed);
    *out = transfers;
    return OK;
}

static void job_destroy(struct job *job) {
    free(job->text);
    free(job);
}

void transfers_destroy(struct transfers *transfers) {
    if (transfers == NULL)
        return;
    pthread_mutex_lock(&transfers->mutex);
    transfers->is_stopping = true;
    atomic_store(&transfers->counters.stops, true);
    pthread_cond_broadcast(&transfers->changed);
    pthread_mutex_unlock(&transfers->mutex);
    if (transfers->has_thread)
        (void)pthread_join(transfers->thread, NULL);
    for (struct job *job = transfers->first, *next; job != NULL; job = next) {
        next = job->next;
        job_destroy(job);
    }
    for (struct outcome *outcome = transfers->outcomes, *next; outcome != NULL; outcome = next) {
        next = outcome->next;
        free(outcome->answer);
        free(outcome);
    }
    uplink_destroy(transfers->uplink);
    buf_finish(&transfers->uploaded);
    pthread_cond_destroy(&transfers->changed);
    pthread_mutex_destroy(&transfers->mutex);
    free(transfers);
}

/* ---- the thread ---- */

static struct str client_id_of(struct str body) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    struct str id = STR_EMPTY;
    protobuf_reader_init(&reader, body);
    while (protobuf_next(&reader, &field))
        if (field.number == 15)
            id = protobuf_bytes(&field);
    return id;
}

static struct outcome *find_outcome(const struct transfers *transfers, struct str client_id) {
    for (struct outcome *outcome = transfers->outcomes; outcome != NULL; outcome = outcome->next)
        if (str_eq((struct str){ outcome->client_id, outcome->client_id_len }, client_id))
            return outcome;
    return NULL;
}

/* While locked. The paths at the front of the queue: as long as files follow each other, they go together. */
static size_t front_files(const struct transfers *transfers, const char **paths) {
    size_t count = 0;
    for (const struct job *job = transfers->first; job != NULL && job->kind == JOB_FILE && count < FILES_A_BATCH; job = job->next)
        paths[count++] = job->text;
    return count;
}

/* While locked. */
static void drop_front(struct transfers *transfers, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct job *job = transfers->first;
        transfers->first = job->next;
        if (job->next == NULL)
            transfers->last = NULL;
        transfers->waiting_count--;
        job_destroy(job);
    }
    pthread_cond_broadcast(&transfers->changed);
}

static enum uplink_result send_files(struct transfers *transfers, const char *const *paths, size_t count) {
    struct buf uploaded = BUF_INIT(UPLOADED_MAX_BYTES);
    enum uplink_result result = uplink_send_files(transfers->uplink, paths, count, &uploaded, &transfers->counters);
    if (result != UPLINK_LATER && uploaded.len > 0) {
        pthread_mutex_lock(&transfers->mutex);
        if (transfers->uploaded.len > 0)
            buf_append_char(&transfers->uploaded, ',');
        buf_append_str(&transfers->uploaded, buf_str(&uploaded));
        pthread_mutex_unlock(&transfers->mutex);
    }
    buf_finish(&uploaded);
    return result;
}

static enum uplink_result send_artifact(struct transfers *transfers, const struct job *job) {
    struct buf answer = BUF_INIT(ANSWER_MAX_BYTES);
    struct str body = { job->text, job->len };
    enum uplink_result result = uplink_send_artifact(transfers->uplink, body, &transfers->counters, &answer);
    if (result != UPLINK_LATER) {
        pthread_mutex_lock(&transfers->mutex);
        struct outcome *outcome = find_outcome(transfers, client_id_of(body));
        if (outcome != NULL && outcome->answer == NULL)
            outcome->answer = strndup(answer.ptr, answer.len);
        pthread_mutex_unlock(&transfers->mutex);
    }
    buf_finish(&answer);
    return result;
}

/* While locked; unlocked meanwhile. Jobs under way stay in the queue: nobody else takes from its front. */
static enum uplink_result do_front(struct transfers *transfers, size_t *count) {
    const char *paths[FILES_A_BATCH];
    const struct job *job = transfers->first;
    enum uplink_result result;
    *count = job->kind == JOB_FILE ? front_files(transfers, paths) : 1;
    pthread_mutex_unlock(&transfers->mutex);
    switch (job->kind) {
    case JOB_FILE: result = send_files(transfers, paths, *count); break;
    case JOB_ARTIFACT: result = send_artifact(transfers, job); break;
    default: result = uplink_use_artifact(transfers->uplink, (struct str){ job->text, job->len }); break;
    }
    pthread_mutex_lock(&transfers->mutex);
    return result;
}

static void wait_a_moment(struct transfers *transfers, int64_t wait_ms) {
    int64_t limit_ms = clock_mono_ms() + wait_ms;
    while (!transfers->is_stopping && os_cond_wait_until(&transfers->changed, &transfers->mutex, limit_ms) == 0)
        continue;
}

static void *work(void *context) {
    struct transfers *transfers = context;
    int64_t wait_ms = 0;
    size_t count = 0;
    pthread_mutex_lock(&transfers->mutex);
    while (!transfers->is_stopping) {
        if (transfers->first == NULL) {
            pthread_cond_wait(&transfers->changed, &transfers->mutex);
            continue;
        }
        if (do_front(transfers, &count) != UPLINK_LATER) {
            drop_front(transfers, count);
            transfers->failing_since_ms = 0;
            wait_ms = 0;
            continue;
        }
        if (transfers->failing_since_ms == 0)
            transfers->failing_since_ms = clock_mono_ms();
        wait_ms = wait_ms == 0 ? FIRST_WAIT_MS : wait_ms * 2 < LONGEST_WAIT_MS ? wait_ms * 2 : LONGEST_WAIT_MS;
        wait_a_moment(transfers, uplink_wait_ms(transfers->uplink) > wait_ms ? uplink_wait_ms(transfers->uplink) : wait_ms);
    }
    pthread_mutex_unlock(&transfers->mutex);
    return NULL;
}

/* While locked. */
static bool start_thread(struct transfers *transfers) {
    pthread_attr_t attributes;
    if (transfers->has_thread)
        return true;
    pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    transfers->has_thread = pthread_create(&transfers->thread, &attributes, work, transfers) == 0;
    pthread_attr_destroy(&attributes);
    return transfers->has_thread;
}

/* ---- jobs ---- */

static bool add(struct transfers *transfers, enum job_kind kind, const char *text, size_t len) {
    struct job *job = calloc(1, sizeof *job);
    char *copy = malloc(len + 1);
    if (job == NULL || copy == NULL) {
        free(job);
        free(copy);
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    *job = (struct job){ .kind = kind, .text = copy, .len = len };
    pthread_mutex_lock(&transfers->mutex);
    bool is_started = start_thread(transfers);
    if (!is_started) {
        job_destroy(job);
    } else {
        if (transfers->last == NULL)
            transfers->first = job;
        else
            transfers->last->next = job;
        transfers->last = job;
        transfers->waiting_count++;
        pthread_cond_signal(&transfers->changed);
    }
    pthread_mutex_unlock(&transfers->mutex);
    return is_started;
}

bool transfers_add_file(struct transfers *transfers, const char *path) {
    return add(transfers, JOB_FILE, path, strlen(path));
}

bool transfers_add_artifact(struct transfers *transfers, struct str body) {
    struct str id = client_id_of(body);
    struct outcome *outcome = calloc(1, sizeof *outcome + id.len);
    if (outcome == NULL)
        return false;
    outcome->client_id_len = id.len;
    if (id.len > 0)
        memcpy(outcome->client_id, id.ptr, id.len);
    pthread_mutex_lock(&transfers->mutex);
    outcome->next = transfers->outcomes;
    transfers->outcomes = outcome;
    pthread_mutex_unlock(&transfers->mutex);
    return add(transfers, JOB_ARTIFACT, body.ptr, body.len);
}

bool transfers_add_used_artifact(struct transfers *transfers, struct str body) {
    return add(transfers, JOB_USED_ARTIFACT, body.ptr, body.len);
}

/* ---- results ---- */

void transfers_progress(struct transfers *transfers, struct transfers_progress *out) {
    pthread_mutex_lock(&transfers->mutex);
    *out = (struct transfers_progress){ .sent_bytes = atomic_load(&transfers->counters.sent_bytes),
                                        .total_bytes = atomic_load(&transfers->counters.total_bytes),
                                        .waiting_count = transfers->waiting_count,
                                        .failing_since_ms = transfers->failing_since_ms };
    pthread_mutex_unlock(&transfers->mutex);
}

void transfers_wait(struct transfers *transfers, int timeout_ms) {
    int64_t limit_ms = clock_mono_ms() + timeout_ms;
    pthread_mutex_lock(&transfers->mutex);
    while (transfers->waiting_count > 0 && os_cond_wait_until(&transfers->changed, &transfers->mutex, limit_ms) == 0)
        continue;
    pthread_mutex_unlock(&transfers->mutex);
}

void transfers_take_uploaded(struct transfers *transfers, struct buf *out) {
    pthread_mutex_lock(&transfers->mutex);
    buf_append_str(out, buf_str(&transfers->uploaded));
    buf_reset(&transfers->uploaded);
    pthread_mutex_unlock(&transfers->mutex);
}

enum artifact_state transfers_find_artifact(struct transfers *transfers, struct str client_id, struct buf *answer) {
    pthread_mutex_lock(&transfers->mutex);
    const struct outcome *outcome = find_outcome(transfers, client_id);
    enum artifact_state state = outcome == NULL           ? ARTIFACT_UNKNOWN
                                : outcome->answer == NULL ? ARTIFACT_WAITING
                                                          : ARTIFACT_DONE;
    if (state == ARTIFACT_DONE)
        buf_append_str(answer, str_from_c(outcome->answer));
    pthread_mutex_unlock(&transfers->mutex);
    return state;
}
