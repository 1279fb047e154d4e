/* cleaner.c - see cleaner.h. */
#include "server/cleaner.h"

#include "base/clock.h"
#include "server/api/artifacts/joiner.h"
#include "server/blobs/gather.h"
#include "server/store/artifacts/artifact.h"
#include "server/store/artifacts/artifact_event.h"
#include "server/store/artifacts/blob.h"
#include "server/store/db/lease.h"
#include "server/store/projects/removal.h"

enum {
    ROWS_PER_PORTION = 1000,
    ARTIFACTS_PER_PORTION = 100,
    BLOBS_PER_LOOK = 5000,
    BLOBS_PER_PORTION = 50,
    MARK_LIFE_MS = 20 * 60 * 1000, /* more than twice what a bucket that does not answer is waited for */
    GONE_LIFE_MS = 3600 * 1000,    /* more than lies between the storing of bytes and their link */
};

/* ---- what was deleted ---- */

struct portion {
    struct app *app;
    bool is_idle;
};

static enum err_code remove_portion(struct db_tx *tx, void *context, struct err *err) {
    struct portion *portion = context;
    TRY(lease_keeper_check(portion->app->leases, tx, DUTY_UPKEEP, err));
    return removal_work(tx, ROWS_PER_PORTION, clock_wall_ms(), &portion->is_idle, err);
}

enum err_code cleaner_remove_portion(struct app *app, bool *is_idle, struct err *err) {
    struct portion portion = { .app = app };
    enum err_code code = db_write(app->db, remove_portion, &portion, err);
    *is_idle = code == OK && portion.is_idle;
    return code;
}

/* ---- versions ---- */

struct expiry {
    struct app *app;
    size_t count;
};

static enum err_code delete_expired(struct db_tx *tx, void *context, struct err *err) {
    struct expiry *expiry = context;
    TRY(lease_keeper_check(expiry->app->leases, tx, DUTY_UPKEEP, err));
    struct arena *arena = arena_create();
    int64_t now_ms = clock_wall_ms();
    struct list expired;

    enum err_code code = artifact_list_expired(tx, now_ms, ARTIFACTS_PER_PORTION, arena, &expired, err);
    for (size_t i = 0; code == OK && i < expired.count; i++) {
        const struct artifact_event event = { .artifact_id = ((const struct artifact *)expired.items[i])->id, .action = STR("DELETED") };
        code = artifact_event_add(tx, &event, now_ms, err);
        if (code == OK)
            code = artifact_delete(tx, event.artifact_id, now_ms, err);
    }
    expiry->count = code == OK ? expired.count : 0;
    arena_destroy(arena);
    return code;
}

enum err_code cleaner_delete_expired(struct app *app, size_t *count, struct err *err) {
    struct expiry expiry = { .app = app };
    enum err_code code = db_write(app->db, delete_expired, &expiry, err);
    *count = code == OK ? expiry.count : 0;
    return code;
}

/* ---- blobs ---- */

struct sweeping {
    struct app *app;
    struct arena *arena; /* of one look */
    struct blob_ages ages;
    char last[SHA256_BYTES]; /* that was looked at */
    size_t last_len;         /* 0: none yet, or all */
    struct list garbage;
    size_t first; /* of those, where a portion begins */
    const struct str *marked[BLOBS_PER_PORTION], *removed[BLOBS_PER_PORTION];
    size_t marked_count, removed_count;
    int64_t marked_ms;
};

static enum err_code list_garbage(struct db_tx *tx, void *context, struct err *err) {
    struct sweeping *sweeping = context;
    struct str last;
    TRY(blob_list_garbage(tx, (struct str){ sweeping->last, sweeping->last_len }, &sweeping->ages, BLOBS_PER_LOOK, sweeping->arena,
                          &sweeping->garbage, &last, err));
    sweeping->last_len = last.len < SHA256_BYTES ? last.len : SHA256_BYTES;
    memcpy(sweeping->last, last.ptr, sweeping->last_len);
    return OK;
}

static enum err_code mark(struct db_tx *tx, void *context, struct err *err) {
    struct sweeping *sweeping = context;
    TRY(lease_keeper_check(sweeping->app->leases, tx, DUTY_UPKEEP, err));
    TRY(db_write_alone(tx, err));
    sweeping->marked_count = 0;
    sweeping->marked_ms = clock_wall_ms();
    for (size_t i = sweeping->first; i < sweeping->garbage.count && i < sweeping->first + BLOBS_PER_PORTION; i++) {
        bool is_marked;
        TRY(blob_mark(tx, *(const struct str *)sweeping->garbage.items[i], &sweeping->ages, sweeping->marked_ms, &is_marked, err));
        if (is_marked)
            sweeping->marked[sweeping->marked_count++] = sweeping->garbage.items[i];
    }
    return OK;
}

/* Outside of a transaction: a bucket that hangs holds up nobody. Whoever was stopped for long in between, as machines are that
 * are moved, leaves the rest to the next mark. */
static enum err_code remove_marked(struct sweeping *sweeping, struct err *err) {
    enum err_code code = OK;
    sweeping->removed_count = 0;
    for (size_t i = 0; code == OK && i < sweeping->marked_count && clock_wall_ms() - sweeping->marked_ms < MARK_LIFE_MS / 2; i++) {
        struct blob_id id;
        memcpy(id.sha256, sweeping->marked[i]->ptr, SHA256_BYTES);
        code = blobs_remove(sweeping->app->blobs, &id, err);
        if (code == OK)
            sweeping->removed[sweeping->removed_count++] = sweeping->marked[i];
    }
    return code;
}

static enum err_code finish(struct db_tx *tx, void *context, struct err *err) {
    struct sweeping *sweeping = context;
    for (size_t i = 0; i < sweeping->removed_count; i++)
        TRY(blob_finish(tx, *sweeping->removed[i], sweeping->marked_ms, clock_wall_ms(), err));
    return OK;
}

static enum err_code collect_portion(struct sweeping *sweeping, size_t *count, struct err *err) {
    struct err of_finish = { 0 };
    TRY(db_write(sweeping->app->db, mark, sweeping, err));
    enum err_code code = remove_marked(sweeping, err);
    if (sweeping->removed_count == 0)
        return code;
    enum err_code finished = db_write(sweeping->app->db, finish, sweeping, code == OK ? err : &of_finish);
    *count += finished == OK ? sweeping->removed_count : 0;
    return code == OK ? finished : code;
}

enum err_code cleaner_collect_blobs(struct app *app, int64_t grace_ms, const _Atomic bool *is_stopping, size_t *count,
                                    struct err *err) {
    int64_t now_ms = clock_wall_ms();
    struct sweeping sweeping = { .app = app, .arena = arena_create(),
                                 .ages = { now_ms - grace_ms, now_ms - MARK_LIFE_MS, now_ms - GONE_LIFE_MS } };
    enum err_code code;

    *count = 0;
    do {
        arena_reset(sweeping.arena);
        code = db_read(app->db, list_garbage, &sweeping, err);
        for (sweeping.first = 0; code == OK && sweeping.first < sweeping.garbage.count && !*is_stopping;
             sweeping.first += BLOBS_PER_PORTION)
            code = collect_portion(&sweeping, count, err);
    } while (code == OK && sweeping.last_len > 0 && !*is_stopping);
    arena_destroy(sweeping.arena);
    return code;
}

/* ---- files whose parts were sent and that were never put together ---- */

struct gathered {
    struct app *app;
    int64_t oldest_ms, artifact_id, made_ms;
    bool is_draft;
};

static enum err_code look_for_draft(struct db_tx *tx, void *context, struct err *err) {
    struct gathered *gathered = context;
    struct arena *arena = arena_create();
    struct artifact *artifact;
    enum err_code code = artifact_get(tx, gathered->artifact_id, arena, &artifact, err);
    gathered->is_draft = code == OK && artifact->state == ARTIFACT_PENDING && artifact->created_at == gathered->made_ms;
    arena_destroy(arena);
    return code == ERR_NOT_FOUND ? OK : code;
}

/* While it cannot be found out, it is. */
static bool is_wanted(void *context, struct str name, int64_t modified_ms) {
    struct gathered *gathered = context;
    struct err err;
    if (modified_ms < gathered->oldest_ms || !joiner_name_parse(name, &gathered->artifact_id, &gathered->made_ms))
        return false;
    return db_read(gathered->app->db, look_for_draft, gathered, &err) != OK || gathered->is_draft;
}

void cleaner_sweep_gathered(struct app *app, int64_t grace_ms) {
    struct gathered gathered = { .app = app, .oldest_ms = clock_wall_ms() - grace_ms };
    gather_sweep(app->blobs, is_wanted, &gathered);
}
