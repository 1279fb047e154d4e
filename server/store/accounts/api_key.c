/* api_key.c - see api_key.h. */
#include "server/store/accounts/api_key.h"

#include "base/clock.h"
#include "base/list.h"
#include "server/store/projects/names.h"

enum { RANDOM_BYTES = 20, PREFIX_LEN = 6 };

static bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

enum err_code api_key_check(struct str text, struct err *err) {
    struct str before, secret;
    if (!str_cut(text, '-', &before, &secret))
        secret = text;
    if (secret.len < API_KEY_MIN || text.len > API_KEY_MAX)
        return err_set(err, ERR_BAD_INPUT, "an API key must have %d to %d characters (behind the first '-'), got %zu",
                       API_KEY_MIN, API_KEY_MAX, secret.len);
    for (size_t i = 0; i < text.len; i++)
        if (!is_word_character(text.ptr[i]))
            return err_set(err, ERR_BAD_INPUT, "an API key may have letters, digits, '_' and '-'");
    return OK;
}

struct str api_key_make(struct arena *arena) {
    unsigned char bytes[RANDOM_BYTES];
    hash_random(bytes, sizeof bytes);
    return hash_hex(bytes, sizeof bytes, arena);
}

enum err_code api_key_create(struct db_tx *tx, const struct secrets *secrets, const struct user *user,
                             struct str text, struct str description, const struct actor *actor, int64_t *id,
                             struct err *err) {
    struct db_rows *rows;

    TRY(api_key_check(text, err));
    TRY(name_check_text(description, "the description", API_KEY_DESCRIPTION_MAX, err));
    struct secret_hash hash = secrets_hash(secrets, SECRET_API_KEY, text);
    struct str prefix = str_slice(text, 0, PREFIX_LEN);
    enum err_code code =
        db_query(tx, &rows,
                 DB_ARGS(DB_INT(user->id), DB_HASH(&hash), DB_TEXT(prefix),
                         DB_TEXT(description.ptr == NULL ? STR_EMPTY : description), DB_INT(clock_wall_ms())),
                 "insert into api_keys (user_id, hash, prefix, description, created_at) "
                 "values ($1, $2, $3, $4, $5) returning id",
                 err);
    if (code == ERR_CONFLICT)
        return err_set(err, ERR_CONFLICT, "this API key cannot be used: choose another");
    TRY(code);
    *id = db_next(rows) ? db_int(rows, 0) : 0;
    TRY(db_end(rows, err));
    return audit_add(tx, actor, "key.add", user->owner.entity_id, prefix, err);
}

#define KEY_COLUMNS "k.id, k.user_id, u.entity_id, k.prefix, k.description, k.created_at, k.last_used_at"

static struct api_key *read_key(struct db_rows *rows, struct arena *arena) {
    struct api_key *key = ARENA_NEW(arena, struct api_key);
    key->id = db_int(rows, 0);
    key->user_id = db_int(rows, 1);
    key->owner.entity_id = db_int(rows, 2);
    key->prefix = db_str(rows, 3, arena);
    key->description = db_str(rows, 4, arena);
    key->created_at = db_int(rows, 5);
    key->last_used_at = db_int(rows, 6);
    return key;
}

enum err_code api_key_find(struct db_tx *tx, int64_t id, struct arena *arena, struct api_key **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)),
                 "select " KEY_COLUMNS " from api_keys k join users u on u.id = k.user_id "
                 "where k.id = $1 and k.revoked_at is null",
                 err));
    *out = db_next(rows) ? read_key(rows, arena) : NULL;
    TRY(db_end(rows, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "API key %lld not found", (long long)id);
}

enum err_code api_key_list(struct db_tx *tx, int64_t user_id, struct arena *arena, struct api_key_list *out,
                           struct err *err) {
    struct list list = { 0 };
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(user_id)),
                 "select " KEY_COLUMNS " from api_keys k join users u on u.id = k.user_id "
                 "where k.user_id = $1 and k.revoked_at is null order by k.id desc",
                 err));
    while (db_next(rows))
        list_add(&list, read_key(rows, arena), arena);
    *out = (struct api_key_list){ (struct api_key **)list.items, list.count };
    return db_end(rows, err);
}

enum err_code api_key_revoke(struct db_tx *tx, const struct api_key *key, const struct actor *actor, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(key->id), DB_INT(clock_wall_ms())),
                "update api_keys set revoked_at = $2 where id = $1 and revoked_at is null", err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(key->id)), "delete from sessions where key_id = $1", err));
    return audit_add(tx, actor, "key.revoke", key->owner.entity_id, key->prefix, err);
}

enum err_code api_key_find_user(struct db_tx *tx, const struct secret_hash *hash, struct arena *arena,
                                struct api_key *key, struct user **user, struct err *err) {
    struct db_rows *rows;

    *key = (struct api_key){ 0 };
    *user = NULL;
    TRY(db_query(tx, &rows, DB_ARGS(DB_HASH(hash)),
                 "select id, user_id, created_at, last_used_at from api_keys where hash = $1 and revoked_at is null", err));
    if (db_next(rows))
        *key = (struct api_key){ .id = db_int(rows, 0), .user_id = db_int(rows, 1), .created_at = db_int(rows, 2), .last_used_at = db_int(rows, 3) };
    TRY(db_end(rows, err));
    return key->id == 0 ? OK : user_find_by_id(tx, key->user_id, arena, user, err);
}

enum err_code api_key_note_use(struct db_tx *tx, int64_t key_id, int64_t now_ms, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(key_id), DB_INT(now_ms), DB_INT(now_ms - API_KEY_USE_GRAIN_MS)),
                   "update api_keys set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at <= $3)", err);
}

enum err_code api_key_renew(struct db_tx *tx, const struct secret_hash *old, const struct secret_hash *renewed, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_HASH(old), DB_HASH(renewed)), "update api_keys set hash = $2 where hash = $1", err);
}

enum err_code api_key_is_good(struct db_tx *tx, int64_t key_id, int64_t user_id, bool *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(key_id), DB_INT(user_id)),
                 "select 1 from users u where u.id = $2 and u.removed_at is null and ($1 = 0 or exists "
                 "(select 1 from api_keys k where k.id = $1 and k.user_id = $2 and k.revoked_at is null))",
                 err));
    *out = db_next(rows);
    return db_end(rows, err);
}
