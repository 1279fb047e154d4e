/* first_start.c - see first_start.h. */
#include "server/api/accounts/first_start.h"

#include "base/file.h"
#include "base/log.h"
#include "server/store/accounts/api_key.h"
#include "server/store/accounts/user.h"

struct start {
    struct app *app;
    struct arena *arena;
    struct str key;
    int64_t user_count;
    bool is_known;
};

static const struct actor nobody = { 0, 0, STR_INIT("local") };

static enum err_code look(struct db_tx *tx, void *context, struct err *err) {
    struct start *start = context;
    struct secret_hash hash = secrets_hash(start->app->secrets, SECRET_API_KEY, start->key);
    struct user *user;
    struct api_key key;

    TRY(user_count(tx, &start->user_count, err));
    TRY(api_key_find_user(tx, &hash, start->arena, &key, &user, err));
    start->is_known = user != NULL;
    return OK;
}

static enum err_code add_key(struct db_tx *tx, const struct start *start, const struct user *user, struct err *err) {
    int64_t key_id;
    return api_key_create(tx, start->app->secrets, user, start->key, STR("made at the start"), &nobody, &key_id, err);
}

static enum err_code make_first(struct db_tx *tx, void *context, struct err *err) {
    const struct start *start = context;
    struct user *user;
    struct new_user wanted = { .username = STR("admin"), .is_admin = true };
    TRY(user_create(tx, &wanted, &nobody, start->arena, &user, err));
    return add_key(tx, start, user, err);
}

static enum err_code add_later(struct db_tx *tx, void *context, struct err *err) {
    const struct start *start = context;
    struct user *user;
    TRY(user_find(tx, STR("admin"), start->arena, &user, err));
    return add_key(tx, start, user, err);
}

/* The file before the user: a crash in between leaves a key that is no one's, and the next start makes another. */
static enum err_code begin(struct start *start, const char *key_path, struct err *err) {
    TRY(file_replace(key_path, arena_printf(start->arena, "%.*s\n", STR_ARG(start->key)), 0600, err));
    TRY(db_write(start->app->db, make_first, start, err));
    log_info("made the administrator 'admin'; the key is in '%s'", key_path);
    return OK;
}

enum err_code first_start(struct app *app, struct str admin_key, const char *key_path, struct err *err) {
    struct start start = { .app = app, .arena = arena_create(), .key = admin_key };
    enum err_code code = OK;

    if (admin_key.len == 0)
        start.key = api_key_make(start.arena);
    else if ((code = api_key_check(admin_key, err)) != OK)
        goto done;
    code = db_read(app->db, look, &start, err);
    if (code != OK)
        goto done;
    if (start.user_count == 0)
        code = begin(&start, key_path, err);
    else if (admin_key.len > 0 && !start.is_known)
        code = db_write(app->db, add_later, &start, err);
    if (code == ERR_CONFLICT || code == ERR_NOT_FOUND) {
        log_warn("the given admin key is not used: %s", err->message); /* revoked, or there is no `admin` any more */
        code = OK;
    }
done:
    arena_destroy(start.arena);
    return code;
}
