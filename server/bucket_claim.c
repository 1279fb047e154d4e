/* bucket_claim.c - see bucket_claim.h. */
#include "server/bucket_claim.h"

#include "base/hash.h"
#include "base/log.h"
#include "server/store/accounts/setting.h"

#include <string.h>

enum { ID_BYTES = 16, ID_DIGITS = 2 * ID_BYTES };

#define KEY "barograph.owner"

struct claim {
    struct arena *arena;
    struct str fresh, id;
};

/* What came first stays, whoever asks. */
static enum err_code find_id(struct db_tx *tx, void *context, struct err *err) {
    struct claim *claim = context;
    TRY(setting_get(tx, STR("bucket_owner"), claim->arena, &claim->id, err));
    if (claim->id.len == ID_DIGITS)
        return OK;
    claim->id = claim->fresh;
    return setting_set(tx, STR("bucket_owner"), claim->fresh, err);
}

/* A store that does not know the condition writes the same once more. */
static void probe(struct s3 *bucket, struct str id) {
    struct err err = { 0 };
    if (s3_put(bucket, STR(KEY), id, true, &err) != ERR_CONFLICT)
        log_warn("the bucket's store knows no conditional puts (if-none-match): give each database a folder of its own there");
}

static enum err_code read_owner(struct s3 *bucket, char owner[ID_DIGITS], struct err *err) {
    return s3_read(bucket, STR(KEY), 0, ID_DIGITS, owner, err);
}

static enum err_code claim_for(struct s3 *bucket, struct str id, struct err *err) {
    char owner[ID_DIGITS];
    enum err_code code = read_owner(bucket, owner, err);
    if (code == ERR_NOT_FOUND) {
        code = s3_put(bucket, STR(KEY), id, true, err);
        if (code == OK || code == ERR_CONFLICT) /* whoever was first */
            code = read_owner(bucket, owner, err);
    } else if (code == OK && memcmp(owner, id.ptr, ID_DIGITS) == 0) {
        probe(bucket, id);
    }
    if (code != OK)
        return err_add_context(err, "cannot find out whose files are in the bucket");
    if (memcmp(owner, id.ptr, ID_DIGITS) == 0)
        return OK;
    return err_set(err, ERR_CONFLICT,
                   "the files in the bucket are another database's, and each would remove the other's: use another folder, "
                   "s3://BUCKET/FOLDER, or remove the object '" KEY "' there when that database is gone for good");
}

enum err_code bucket_claim(struct s3 *bucket, struct db *db, struct err *err) {
    unsigned char random[ID_BYTES];
    struct claim claim = { .arena = arena_create() };

    hash_random(random, sizeof random);
    claim.fresh = hash_hex(random, sizeof random, claim.arena);
    enum err_code code = db_write(db, find_id, &claim, err);
    if (code == OK)
        code = claim_for(bucket, claim.id, err);
    arena_destroy(claim.arena);
    return code;
}
