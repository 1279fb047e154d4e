/* share.c - see share.h. */
#include "server/store/share.h"

#include "base/json.h"

enum { TOKEN_BYTES = 24, TOKEN_TEXT_MAX = 100, LISTED_MAX = 2 * SHARE_LINKS_MAX };

#define BRIEF_MS "3600000"
_Static_assert(SHARE_BRIEF_MS == 3600000, "as it is written in SQL");

#define SHARE_COLUMNS                                                                                                      \
    "select s.id, s.project_id, s.runs, s.created_at, s.expires_at, u.username, p.entity_id"                               \
    " from share_links s join projects p on p.id = s.project_id left join users u on u.id = s.user_id"                     \
    " where p.deleted_at is null and "

/* Hashed as no cookie is written. */
static struct secret_hash hash_of(const struct secrets *secrets, size_t number, struct str token, struct arena *arena) {
    return secrets_hash_of(secrets, number, SECRET_SESSION, arena_printf(arena, "share:%.*s", STR_ARG(token)));
}

static struct str runs_text(const int64_t *ids, size_t count, struct arena *arena) {
    struct buf text = BUF_INIT(SHARE_RUNS_MAX * 24);
    struct json_writer json;
    json_writer_init(&json, &text, JSON_STRICT);
    json_array_begin(&json);
    for (size_t i = 0; i < count; i++)
        json_int(&json, ids[i]);
    json_array_end(&json);
    struct str out = arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return out;
}

static enum err_code make_room(struct db_tx *tx, int64_t project_id, int64_t user_id, bool is_brief, int64_t now_ms, struct err *err) {
    const struct db_value args[] = { DB_INT(project_id), DB_INT(user_id), DB_INT(is_brief) };
    struct db_rows *rows;
    int64_t count = 0, of_user = 0, oldest = 0;
    TRY(db_exec(tx, DB_ARGS(DB_INT(now_ms)), "delete from share_links where expires_at <= $1", err));
    TRY(db_query(tx, &rows, args, 3,
                 "select count(*), count(case when user_id = $2 then 1 end), min(case when user_id = $2 then id end) from share_links"
                 " where project_id = $1 and case when expires_at - created_at <= " BRIEF_MS " then 1 else 0 end = $3",
                 err));
    while (db_next(rows)) {
        count = db_int(rows, 0);
        of_user = db_int(rows, 1);
        oldest = db_int(rows, 2);
    }
    TRY(db_end(rows, err));
    if (is_brief && of_user >= SHARE_BRIEF_OF_USER_MAX)
        return db_exec(tx, DB_ARGS(DB_INT(oldest)), "delete from share_links where id = $1", err);
    return count < SHARE_LINKS_MAX ? OK : err_set(err, ERR_CONFLICT, "the project has %d links already", SHARE_LINKS_MAX);
}

static enum err_code newest_id(struct db_tx *tx, const struct secret_hash *hash, int64_t *id, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_HASH(hash)), "select id from share_links where hash = $1", err));
    while (db_next(rows))
        *id = db_int(rows, 0);
    return db_end(rows, err);
}

enum err_code share_create(struct db_tx *tx, const struct secrets *secrets, const struct owner *owner, const int64_t *run_ids,
                           size_t run_count, int64_t life_ms, const struct actor *actor, int64_t now_ms, struct arena *arena,
                           struct str *token, int64_t *id, struct err *err) {
    unsigned char bytes[TOKEN_BYTES];

    if (run_count == 0 || run_count > SHARE_RUNS_MAX)
        return err_set(err, ERR_BAD_INPUT, "a link shows 1 to %d runs, got %zu", SHARE_RUNS_MAX, run_count);
    TRY(make_room(tx, owner->project_id, actor->user_id, life_ms <= SHARE_BRIEF_MS, now_ms, err));
    hash_random(bytes, sizeof bytes);
    *token = hash_hex(bytes, sizeof bytes, arena);
    struct secret_hash hash = hash_of(secrets, 0, *token, arena);
    TRY(db_exec(tx,
                DB_ARGS(DB_HASH(&hash), DB_INT(owner->project_id), DB_TEXT(runs_text(run_ids, run_count, arena)),
                        actor->user_id == 0 ? DB_NULL : DB_INT(actor->user_id), DB_INT(now_ms), DB_INT(now_ms + life_ms)),
                "insert into share_links (hash, project_id, runs, user_id, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)",
                err));
    TRY(newest_id(tx, &hash, id, err));
    return audit_add(tx, actor, "share.create", owner->entity_id, arena_printf(arena, "%lld", (long long)*id), err);
}

static enum err_code read_runs(struct share *share, struct str text, struct arena *arena, struct err *err) {
    struct json_value *list;
    TRY(json_parse(&list, text, JSON_STRICT, arena, err));
    share->run_count = list->type == JSON_TYPE_ARRAY ? list->array.count : 0;
    share->run_ids = ARENA_ARRAY(arena, int64_t, share->run_count);
    for (size_t i = 0; i < share->run_count; i++)
        share->run_ids[i] = list->array.items[i].type == JSON_TYPE_INT ? list->array.items[i].integer : 0;
    return OK;
}

static enum err_code read_row(const struct db_rows *rows, struct share *share, struct arena *arena, struct err *err) {
    *share = (struct share){
        .owner = { db_int(rows, 6), db_int(rows, 1) },
        .id = db_int(rows, 0),
        .created_at = db_int(rows, 3),
        .expires_at = db_int(rows, 4),
        .username = db_str(rows, 5, arena),
    };
    return read_runs(share, db_str(rows, 2, arena), arena, err);
}

static enum err_code read_one(struct db_rows *rows, struct arena *arena, struct share **out, struct err *err) {
    *out = NULL;
    if (db_next(rows)) {
        *out = ARENA_NEW(arena, struct share);
        TRY(read_row(rows, *out, arena, err));
    }
    return db_end(rows, err);
}

enum err_code share_find(struct db_tx *tx, const struct secrets *secrets, struct str token, int64_t now_ms, struct arena *arena,
                         struct share **out, struct err *err) {
    *out = NULL;
    for (size_t i = 0; *out == NULL && i < secrets_count(secrets) && token.len <= TOKEN_TEXT_MAX; i++) {
        struct db_rows *rows;
        struct secret_hash hash = hash_of(secrets, i, token, arena);
        TRY(db_query(tx, &rows, DB_ARGS(DB_HASH(&hash), DB_INT(now_ms)), SHARE_COLUMNS "s.hash = $1 and s.expires_at > $2", err));
        TRY(read_one(rows, arena, out, err));
    }
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "this link does not exist, was revoked, or has expired");
}

enum err_code share_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct share **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), SHARE_COLUMNS "s.id = $1", err));
    TRY(read_one(rows, arena, out, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "link %lld not found", (long long)id);
}

enum err_code share_list(struct db_tx *tx, int64_t project_id, int64_t now_ms, struct arena *arena, struct share **out,
                         size_t *count, struct err *err) {
    struct db_rows *rows;
    *out = ARENA_ARRAY(arena, struct share, LISTED_MAX);
    *count = 0;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_INT(now_ms)),
                 SHARE_COLUMNS "s.project_id = $1 and s.expires_at > $2 order by s.id desc", err));
    while (*count < LISTED_MAX && db_next(rows)) {
        TRY(read_row(rows, &(*out)[*count], arena, err));
        (*count)++;
    }
    return db_end(rows, err);
}

enum err_code share_revoke(struct db_tx *tx, const struct share *share, const struct actor *actor, struct err *err) {
    char subject[24];
    (void)snprintf(subject, sizeof subject, "%lld", (long long)share->id);
    TRY(db_exec(tx, DB_ARGS(DB_INT(share->id)), "delete from share_links where id = $1", err));
    return audit_add(tx, actor, "share.revoke", share->owner.entity_id, str_from_c(subject), err);
}
