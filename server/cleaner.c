/* cleaner.c - see cleaner.h. */
#include "server/cleaner.h"

#include "base/clock.h"
#include "server/blobs/blobs.h"
#include "server/store/artifact.h"
#include "server/store/removal.h"
#include "server/store/run_file.h"

enum { ROWS_PER_PORTION = 1000, ARTIFACTS_PER_PORTION = 100, BLOBS_PER_LOOK = 5000 };

/* ---- what was deleted ---- */

static enum err_code remove_portion(struct db_tx *tx, void *context, struct err *err) {
    return removal_work(tx, ROWS_PER_PORTION, clock_wall_ms(), context, err);
}

enum err_code cleaner_remove_portion(struct app *app, bool *is_idle, struct err *err) {
    return db_write(app->db, remove_portion, is_idle, err);
}

/* ---- versions ---- */

static enum err_code delete_expired(struct db_tx *tx, void *context, struct err *err) {
    struct arena *arena = arena_create();
    size_t *count = context;
    int64_t now_ms = clock_wall_ms();
    struct list expired;

    enum err_code code = artifact_list_expired(tx, now_ms, ARTIFACTS_PER_PORTION, arena, &expired, err);
    for (size_t i = 0; code == OK && i < expired.count; i++)
        code = artifact_delete(tx, ((const struct artifact *)expired.items[i])->id, now_ms, err);
    *count = code == OK ? expired.count : 0;
    arena_destroy(arena);
    return code;
}

enum err_code cleaner_delete_expired(struct app *app, size_t *count, struct err *err) {
    return db_write(app->db, delete_expired, count, err);
}

/* ---- blobs ---- */

struct sweeping {
    struct app *app;
    struct arena *arena; /* of one look */
    int64_t before_ms;
    char last[SHA256_BYTES]; /* that was looked at */
    size_t last_len;         /* 0: none yet, or all */
    struct list garbage;
    size_t count;
};

static enum err_code list_garbage(struct db_tx *tx, void *context, struct err *err) {
    struct sweeping *sweeping = context;
    struct str last;
    TRY(blob_list_garbage(tx, (struct str){ sweeping->last, sweeping->last_len }, sweeping->before_ms, BLOBS_PER_LOOK, sweeping->arena,
                          &sweeping->garbage, &last, err));
    sweeping->last_len = last.len < SHA256_BYTES ? last.len : SHA256_BYTES;
    memcpy(sweeping->last, last.ptr, sweeping->last_len);
    return OK;
}

static enum err_code remove_blob(void *context, const unsigned char sha256[SHA256_BYTES], struct err *err) {
    struct sweeping *sweeping = context;
    struct blob_id id;
    memcpy(id.sha256, sha256, SHA256_BYTES);
    return blobs_remove(sweeping->app->blobs, &id, err);
}

static enum err_code collect(struct db_tx *tx, void *context, struct err *err) {
    struct sweeping *sweeping = context;
    return blob_collect(tx, &sweeping->garbage, sweeping->before_ms, remove_blob, sweeping, &sweeping->count, err);
}

enum err_code cleaner_collect_blobs(struct app *app, int64_t grace_ms, const _Atomic bool *is_stopping, size_t *count,
                                    struct err *err) {
    struct sweeping sweeping = { .app = app, .arena = arena_create(), .before_ms = clock_wall_ms() - grace_ms };
    enum err_code code;

    *count = 0;
    do {
        arena_reset(sweeping.arena);
        code = db_read(app->db, list_garbage, &sweeping, err);
        if (code == OK && sweeping.garbage.count > 0)
            code = db_write(app->db, collect, &sweeping, err);
        *count += code == OK ? sweeping.count : 0;
        sweeping.count = 0;
    } while (code == OK && sweeping.last_len > 0 && !*is_stopping);
    arena_destroy(sweeping.arena);
    return code;
}
