/* folder_claim.c - see folder_claim.h. */
#include "server/folder_claim.h"

#include "base/file.h"
#include "base/hash.h"
#include "server/store/accounts/setting.h"

enum { ID_BYTES = 16, ID_MAX_BYTES = 256 };

#define SETTING STR("files_folder")

struct claim {
    struct arena *arena;
    struct str owner; /* empty: there is none yet */
    struct str wanted;
};

static enum err_code find_owner(struct db_tx *tx, void *context, struct err *err) {
    struct claim *claim = context;
    return setting_get(tx, SETTING, claim->arena, &claim->owner, err);
}

/* What came first stays, whoever asks. */
static enum err_code take(struct db_tx *tx, void *context, struct err *err) {
    struct claim *claim = context;
    TRY(find_owner(tx, claim, err));
    if (claim->owner.len > 0)
        return OK;
    claim->owner = claim->wanted;
    return setting_set(tx, SETTING, claim->wanted, err);
}

static enum err_code end(struct db_tx *tx, void *context, struct err *err) {
    (void)context;
    return setting_set(tx, SETTING, STR_EMPTY, err);
}

static enum err_code refuse(const char *path, struct str owner, struct err *err) {
    return err_set(err, ERR_CONFLICT,
                   "the files of this database lie in another data folder, the one whose '" FOLDER_CLAIM_FILE "' says %.*s: start on that one. "
                   "Servers that share a database need a bucket, --blobs s3://BUCKET. When the files were brought here, write that word into '%s'",
                   STR_ARG(owner), path);
}

static enum err_code read_id(const char *path, struct arena *arena, struct str *out, struct err *err) {
    *out = STR_EMPTY;
    if (!file_exists(path))
        return OK;
    TRY(file_read_all(out, path, ID_MAX_BYTES, arena, err));
    *out = str_trim(*out);
    return OK;
}

/* Written before the database knows it: a server that is killed in between finds the folder as it left it. */
static enum err_code make_id(const char *path, struct arena *arena, struct str *out, struct err *err) {
    unsigned char random[ID_BYTES];
    hash_random(random, sizeof random);
    *out = hash_hex(random, sizeof random, arena);
    return file_replace(path, arena_printf(arena, "%.*s\n", STR_ARG(*out)), 0600, err);
}

static enum err_code claim_for(const char *path, struct db *db, struct claim *claim, struct err *err) {
    TRY(read_id(path, claim->arena, &claim->wanted, err));
    TRY(db_read(db, find_owner, claim, err));
    if (claim->owner.len == 0) {
        if (claim->wanted.len == 0)
            TRY(make_id(path, claim->arena, &claim->wanted, err));
        TRY(db_write(db, take, claim, err));
    }
    return str_eq(claim->owner, claim->wanted) ? OK : refuse(path, claim->owner, err);
}

enum err_code folder_claim(const struct data_folder *folder, struct db *db, struct err *err) {
    struct claim claim = { .arena = arena_create() };
    enum err_code code = claim_for(data_folder_file(folder, FOLDER_CLAIM_FILE, claim.arena), db, &claim, err);
    arena_destroy(claim.arena);
    return code;
}

enum err_code folder_claim_end(struct db *db, struct err *err) {
    struct claim claim = { .arena = arena_create() };
    enum err_code code = db_read(db, find_owner, &claim, err);
    if (code == OK && claim.owner.len > 0)
        code = db_write(db, end, NULL, err);
    arena_destroy(claim.arena);
    return code;
}
