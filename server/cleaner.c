/* cleaner.c - see cleaner.h. */
#include "server/cleaner.h"

#include "base/clock.h"
#include "server/blobs/blobs.h"
#include "server/store/artifact.h"
#include "server/store/lease.h"
#include "server/store/removal.h"
#include "server/store/run_file.h"

enum { ROWS_PER_PORTION = 1000, ARTIFACTS_PER_PORTION = 100, BLOBS_PER_LOOK = 5000, BLOBS_PER_PORTION = 50 };

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
    for (size_t i = 0; code == OK && i < expired.count; i++)
        code = artifact_delete(tx, ((const struct artifact *)expired.items[i])->id, now_ms, err);
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
    int64_t before_ms;
    char last[SHA256_BYTES]; /* that was looked at */
    size_t last_len;         /* 0: none yet, or all */
    struct list garbage, portion; /* all that was found, and what one transaction takes */
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
    TRY(lease_keeper_check(sweeping->app->leases, tx, DUTY_UPKEEP, err));
    /* Its files go before it is committed: no other server may have a say in whether it will be. */
    TRY(db_write_alone(tx, err));
    return blob_collect(tx, &sweeping->portion, sweeping->before_ms, remove_blob, sweeping, &sweeping->count, err);
}

static enum err_code collect_from(struct sweeping *sweeping, size_t first, size_t *count, struct err *err) {
    size_t left = sweeping->garbage.count - first;
    sweeping->portion = (struct list){ .items = sweeping->garbage.items + first,
                                       .count = left < BLOBS_PER_PORTION ? left : BLOBS_PER_PORTION };
    enum err_code code = db_write(sweeping->app->db, collect, sweeping, err);
    *count += code == OK ? sweeping->count : 0;
    return code;
}

enum err_code cleaner_collect_blobs(struct app *app, int64_t grace_ms, const _Atomic bool *is_stopping, size_t *count,
                                    struct err *err) {
    struct sweeping sweeping = { .app = app, .arena = arena_create(), .before_ms = clock_wall_ms() - grace_ms };
    enum err_code code;

    *count = 0;
    do {
        arena_reset(sweeping.arena);
        code = db_read(app->db, list_garbage, &sweeping, err);
        for (size_t i = 0; code == OK && i < sweeping.garbage.count && !*is_stopping; i += BLOBS_PER_PORTION)
            code = collect_from(&sweeping, i, count, err);
    } while (code == OK && sweeping.last_len > 0 && !*is_stopping);
    arena_destroy(sweeping.arena);
    return code;
}
