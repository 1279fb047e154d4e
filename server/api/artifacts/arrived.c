/* arrived.c - see arrived.h. */
#include "server/api/artifacts/arrived.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/api/link.h"
#include "server/api/projects/quota.h"
#include "server/api/runs/upload.h"
#include "server/blobs/arrival.h"
#include "server/blobs/s3.h"
#include "server/store/artifacts/artifact_file.h"

#include <pthread.h>

enum {
    SIDE_BY_SIDE = 8,        /* each waits for the bucket most of the time */
    PATIENCE_MS = 15 * 1000, /* clients give up a question after half a minute */
};

bool arrived_is_possible(const struct app *app) {
    return depot_bucket(app->blob_depot) != NULL && s3_is_direct(depot_bucket(app->blob_depot));
}

/* Of all that makes an upload: two drafts, two files or two contents never meet. */
static struct str name_of(int64_t artifact_id, const struct arrived_file *file, struct arena *arena) {
    unsigned char digest[SHA256_BYTES];
    struct str md5 = hash_hex(file->md5, MD5_BYTES, arena);
    hash_sha256(digest, arena_printf(arena, "%lld %.*s %.*s", (long long)artifact_id, STR_ARG(md5), STR_ARG(file->path)));
    return hash_hex(digest, sizeof digest, arena);
}

enum err_code arrived_address(const struct app *app, int64_t artifact_id, const struct arrived_file *file, struct str *url,
                              struct arena *arena, struct err *err) {
    return arrival_link(app->blob_depot, name_of(artifact_id, file, arena), LINK_LIFE_MS / 1000, url, arena, err);
}

/* ---- looking for them ---- */

struct adopted {
    struct blob_facts facts;
    bool is_there;
};

struct taking {
    struct identity *identity;
    const struct artifact *artifact;
    const struct arrived_file *files;
    struct adopted *adopted;
    size_t count;
    int64_t give_up_at_ms;
    pthread_mutex_t mutex; /* guards what follows */
    size_t next;
    enum err_code code;
    struct err err;
};

static void adopt(struct taking *taking, size_t at, struct arena *arena) {
    const struct arrived_file *file = &taking->files[at];
    struct adopted *adopted = &taking->adopted[at];
    struct err err = { 0 };
    enum err_code code = arrival_adopt(taking->identity->app->blob_depot, name_of(taking->artifact->id, file, arena), &adopted->facts, &err);
    adopted->is_there = code == OK && memcmp(adopted->facts.md5, file->md5, MD5_BYTES) == 0;
    if (code == OK || code == ERR_NOT_FOUND)
        return;
    (void)pthread_mutex_lock(&taking->mutex);
    taking->code = code;
    taking->err = err;
    (void)pthread_mutex_unlock(&taking->mutex);
}

static void *work(void *context) {
    struct taking *taking = context;
    struct arena *arena = arena_create();
    for (;;) {
        (void)pthread_mutex_lock(&taking->mutex);
        bool is_over = taking->code != OK || taking->next == taking->count || clock_mono_ms() > taking->give_up_at_ms;
        size_t at = taking->next;
        taking->next += is_over ? 0 : 1;
        (void)pthread_mutex_unlock(&taking->mutex);
        if (is_over)
            break;
        adopt(taking, at, arena);
        arena_reset(arena);
    }
    arena_destroy(arena);
    return NULL;
}

/* This thread works too, so that a thread that cannot be had only makes it slower. */
static void adopt_all(struct taking *taking) {
    pthread_t threads[SIDE_BY_SIDE - 1];
    size_t running = 0;
    while (running < SIDE_BY_SIDE - 1 && running + 1 < taking->count && pthread_create(&threads[running], NULL, work, taking) == 0)
        running++;
    (void)work(taking);
    while (running > 0)
        (void)pthread_join(threads[--running], NULL);
}

/* ---- and they are uploads ---- */

static enum err_code store(struct db_tx *tx, void *context, struct err *err) {
    const struct taking *taking = context;
    struct app *app = taking->identity->app;
    struct artifact *artifact;

    TRY(artifact_get(tx, taking->artifact->id, taking->identity->arena, &artifact, err));
    if (artifact->state != ARTIFACT_PENDING)
        return err_set(err, ERR_CONFLICT, "the artifact is committed and cannot be changed");
    TRY(access_check_in(tx, taking->identity, &artifact->owner, CAN_WRITE, err));
    TRY(quota_check(app->quota, &artifact->owner, err));
    for (size_t i = 0; i < taking->next; i++) {
        const struct adopted *adopted = &taking->adopted[i];
        if (!adopted->is_there)
            continue;
        TRY(upload_check_stored(tx, app, &adopted->facts.id, err));
        TRY(artifact_upload_store(tx, artifact->id, taking->files[i].path, adopted->facts.md5, adopted->facts.id.sha256,
                                  (int64_t)adopted->facts.size_bytes, clock_wall_ms(), err));
    }
    return OK;
}

enum err_code arrived_take(struct identity *identity, const struct artifact *artifact, const struct arrived_file *files, size_t count,
                           struct err *err) {
    struct taking taking = { .identity = identity, .artifact = artifact, .files = files, .count = count,
                             .adopted = ARENA_ARRAY(identity->arena, struct adopted, count + 1),
                             .give_up_at_ms = clock_mono_ms() + PATIENCE_MS, .mutex = PTHREAD_MUTEX_INITIALIZER };
    if (count == 0 || !arrived_is_possible(identity->app))
        return OK;
    adopt_all(&taking);
    (void)pthread_mutex_destroy(&taking.mutex);
    TRY(db_write(identity->app->db, store, &taking, err));
    if (taking.code != OK) {
        *err = taking.err;
        return taking.code;
    }
    return taking.next == count ? OK : err_set(err, ERR_BUSY, "%zu of %zu files that came into the bucket are still to be read", count - taking.next, count);
}
