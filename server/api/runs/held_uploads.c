/* held_uploads.c - see held_uploads.h. */
#include "server/api/runs/held_uploads.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/os.h"
#include "server/store/artifacts/blob.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    SYNC_PERIOD_MS = 1000,
    SPANS_MAX = 1000, /* then a sync comes sooner */
    ROWS_PER_PORTION = 500,
};

/* Ids of rows whose files are written. */
struct span {
    int64_t first, last;
};

struct held_uploads {
    struct db *db;
    struct blobs *blobs;
    atomic_int_fast64_t last_id;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t has_something, has_enough;
    struct span spans[SPANS_MAX];
    size_t span_count;
    int64_t noted_id; /* no upload with a lower id is still on its way */
    bool has_failed;  /* rows whose files could not be written are left */
    bool is_stopping; /* nothing is written any more */
};

/* ---- what was left ---- */

struct leftover {
    struct held_uploads *held;
    struct arena *arena;
    int64_t last_id, until_id;
    struct list rows;
};

static enum err_code list_rows(struct db_tx *tx, void *context, struct err *err) {
    struct leftover *leftover = context;
    return blob_held_list(tx, leftover->last_id, leftover->until_id, ROWS_PER_PORTION, leftover->arena, &leftover->rows, err);
}

/* Between them lie only rows of blobs that are gone. */
static enum err_code remove_rows(struct db_tx *tx, void *context, struct err *err) {
    const struct leftover *leftover = context;
    const struct held_bytes *first = leftover->rows.items[0];
    return blob_held_remove(tx, first->id, leftover->last_id, err);
}

static enum err_code write_row(struct blobs *blobs, const struct held_bytes *row, struct err *err) {
    struct blob_writer *writer;
    struct blob_facts facts;
    struct str held;
    TRY(blob_writer_create(&writer, blobs, err));
    enum err_code code = blob_writer_add(writer, row->bytes, err);
    if (code != OK) {
        blob_writer_cancel(writer);
        return code;
    }
    return blob_writer_hold(writer, &facts, &held) ? blob_writer_keep(writer, err) : blob_writer_finish(writer, &facts, err);
}

static enum err_code write_portion(struct leftover *leftover, struct err *err) {
    struct held_uploads *held = leftover->held;
    arena_reset(leftover->arena);
    TRY(db_read(held->db, list_rows, leftover, err));
    for (size_t i = 0; i < leftover->rows.count; i++) {
        const struct held_bytes *row = leftover->rows.items[i];
        TRY(write_row(held->blobs, row, err));
        leftover->last_id = row->id;
    }
    blobs_sync(held->blobs);
    return leftover->rows.count == 0 ? OK : db_write(held->db, remove_rows, leftover, err);
}

/* Those of uploads that are still on their way are none: each writes its file once more, and needs its row until that one is synced. */
static enum err_code write_what_is_left(struct held_uploads *held, int64_t until_id, struct err *err) {
    struct leftover leftover = { .held = held, .arena = arena_create(), .until_id = until_id };
    enum err_code code;
    do
        code = write_portion(&leftover, err);
    while (code == OK && leftover.rows.count > 0);
    arena_destroy(leftover.arena);
    return code;
}

/* ---- what is written ---- */

/* Ids come in a row, as a group was linked, and one group after the other. One that finds no room is found again as a row that is left. */
void held_uploads_note(struct held_uploads *held, int64_t id, bool is_written) {
    (void)pthread_mutex_lock(&held->mutex);
    struct span *last = held->span_count == 0 ? NULL : &held->spans[held->span_count - 1];
    held->noted_id = id > held->noted_id ? id : held->noted_id;
    if (!is_written || held->span_count == SPANS_MAX)
        held->has_failed = true;
    else if (last != NULL && last->last + 1 == id)
        last->last = id;
    else
        held->spans[held->span_count++] = (struct span){ id, id };
    (void)pthread_cond_signal(held->span_count >= SPANS_MAX / 2 ? &held->has_enough : &held->has_something);
    (void)pthread_mutex_unlock(&held->mutex);
}

/* ---- syncing them ---- */

struct written {
    struct span spans[SPANS_MAX];
    size_t count;
    int64_t noted_id;
    bool has_failed;
};

static enum err_code forget(struct db_tx *tx, void *context, struct err *err) {
    const struct written *written = context;
    for (size_t i = 0; i < written->count; i++)
        TRY(blob_held_remove(tx, written->spans[i].first, written->spans[i].last, err));
    return OK;
}

/* Waits for something to do, and then for more of it. False when all is done. */
static bool take_written(struct held_uploads *held, struct written *written) {
    int result = 0;
    (void)pthread_mutex_lock(&held->mutex);
    while (held->span_count == 0 && !held->has_failed && !held->is_stopping)
        (void)pthread_cond_wait(&held->has_something, &held->mutex);
    int64_t until_ms = clock_mono_ms() + SYNC_PERIOD_MS;
    while (held->span_count < SPANS_MAX / 2 && !held->is_stopping && result == 0)
        result = os_cond_wait_until(&held->has_enough, &held->mutex, until_ms);
    written->count = held->span_count;
    written->noted_id = held->noted_id;
    written->has_failed = held->has_failed;
    memcpy(written->spans, held->spans, written->count * sizeof *written->spans);
    held->span_count = 0;
    held->has_failed = false;
    bool goes_on = written->count > 0 || written->has_failed || !held->is_stopping;
    (void)pthread_mutex_unlock(&held->mutex);
    return goes_on;
}

static enum err_code sync_written(struct held_uploads *held, struct written *written, struct err *err) {
    blobs_sync(held->blobs);
    TRY(db_write(held->db, forget, written, err));
    return written->has_failed ? write_what_is_left(held, written->noted_id, err) : OK;
}

/* Rows that could not be forgotten are left for later, or for the next start. */
static void *sync_until_stopped(void *context) {
    struct held_uploads *held = context;
    struct written written;
    while (take_written(held, &written)) {
        struct err err = { 0 };
        if (sync_written(held, &written, &err) == OK)
            continue;
        log_warn("bytes of small uploads stay in the database for now: %s", err.message);
        (void)pthread_mutex_lock(&held->mutex);
        held->has_failed = !held->is_stopping;
        (void)pthread_mutex_unlock(&held->mutex);
    }
    return NULL;
}

/* ---- beginning and ending ---- */

static enum err_code forget_all(struct db_tx *tx, void *context, struct err *err) {
    (void)context;
    return blob_held_remove(tx, 0, INT64_MAX, err);
}

static enum err_code find_last_id(struct db_tx *tx, void *context, struct err *err) {
    return blob_held_last_id(tx, context, err);
}

/* A disk that is full keeps nobody from starting: with a server that runs, room can be made. */
static enum err_code take_leftovers(struct held_uploads *held, struct err *err) {
    struct err of_files = { 0 };
    int64_t last_id;
    TRY(db_read(held->db, find_last_id, &last_id, err));
    held->last_id = held->noted_id = last_id;
    if (last_id == 0)
        return OK;
    held->has_failed = write_what_is_left(held, last_id, &of_files) != OK;
    if (!held->has_failed)
        return db_write(held->db, forget_all, NULL, err); /* those of blobs that are gone, too */
    log_error("cannot write the files of small uploads: %s", of_files.message);
    return OK;
}

enum err_code held_uploads_create(struct held_uploads **out, struct db *db, struct blobs *blobs, struct err *err) {
    struct held_uploads *held = calloc(1, sizeof *held);
    if (held == NULL)
        log_fatal("out of memory: cannot take uploads");
    held->db = db;
    held->blobs = blobs;
    enum err_code code = take_leftovers(held, err);
    if (code != OK) {
        free(held);
        return code;
    }
    (void)pthread_mutex_init(&held->mutex, NULL);
    (void)pthread_cond_init(&held->has_something, NULL);
    os_cond_init(&held->has_enough);
    int number = pthread_create(&held->thread, NULL, sync_until_stopped, held);
    if (number != 0)
        log_fatal("cannot start a thread that syncs small uploads: %s", strerrordesc_np(number));
    *out = held;
    return OK;
}

int64_t held_uploads_next_id(struct held_uploads *held) {
    return atomic_fetch_add(&held->last_id, 1) + 1;
}

void held_uploads_destroy(struct held_uploads *held) {
    if (held == NULL)
        return;
    (void)pthread_mutex_lock(&held->mutex);
    held->is_stopping = true;
    (void)pthread_cond_signal(&held->has_something);
    (void)pthread_cond_signal(&held->has_enough);
    (void)pthread_mutex_unlock(&held->mutex);
    (void)pthread_join(held->thread, NULL);
    (void)pthread_mutex_destroy(&held->mutex);
    (void)pthread_cond_destroy(&held->has_something);
    (void)pthread_cond_destroy(&held->has_enough);
    free(held);
}
