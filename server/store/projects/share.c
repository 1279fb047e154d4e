/* share.c - see share.h. */
#include "server/store/projects/share.h"

#include "base/json.h"
#include "server/store/accounts/right.h"

enum { TOKEN_BYTES = 24, TOKEN_TEXT_MAX = 100 };

#define SHARE_COLUMNS                                                                                                      \
    "select s.id, s.project_id, s.runs, s.created_at, s.expires_at, u.username, p.entity_id, s.view_id, s.projects,"       \
    " s.user_id, s.salt, s.hash, u.is_admin"                                                                               \
    " from share_links s join projects p on p.id = s.project_id"                                                           \
    " left join users u on u.id = s.user_id and u.removed_at is null where p.deleted_at is null and "

/* What only this file needs to know of a row. */
struct row {
    struct share share;
    struct str salt, hash; /* salt.ptr NULL: none */
    bool is_maker_admin;
};

/* Hashed as no cookie is written. */
static struct secret_hash hash_of(const struct secrets *secrets, size_t number, struct str token, struct arena *arena) {
    return secrets_hash_of(secrets, number, SECRET_SESSION, arena_printf(arena, "share:%.*s", STR_ARG(token)));
}

static struct str token_of_salt(const struct secrets *secrets, size_t number, struct str salt, struct arena *arena) {
    struct secret_hash made = secrets_hash_of(secrets, number, SECRET_SESSION, arena_printf(arena, "share-token:%.*s", STR_ARG(salt)));
    return hash_hex(made.bytes, TOKEN_BYTES, arena);
}

/* With the secret that was the newest then; it may be one of the older ones now. */
static struct str find_token(const struct secrets *secrets, const struct row *row, struct arena *arena) {
    for (size_t i = 0; row->salt.ptr != NULL && i < secrets_count(secrets); i++) {
        struct str token = token_of_salt(secrets, i, row->salt, arena);
        struct secret_hash hash = hash_of(secrets, i, token, arena);
        if (str_eq(row->hash, (struct str){ (const char *)hash.bytes, sizeof hash.bytes }))
            return token;
    }
    return (struct str){ NULL, 0 };
}

static struct str ids_text(const int64_t *ids, size_t count, struct arena *arena) {
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

/* ---- making ---- */

static enum err_code make_room(struct db_tx *tx, const struct new_share *wanted, int64_t now_ms, struct err *err) {
    struct db_rows *rows;
    int64_t count = 0, of_view = 0;
    TRY(db_exec(tx, DB_ARGS(DB_INT(now_ms)), "delete from share_links where expires_at <= $1", err));
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(wanted->owner.project_id), DB_INT(wanted->view_id)),
                 "select count(*), count(case when view_id = $2 then 1 end) from share_links where project_id = $1", err));
    while (db_next(rows)) {
        count = db_int(rows, 0);
        of_view = db_int(rows, 1);
    }
    TRY(db_end(rows, err));
    if (wanted->view_id != 0 && of_view >= SHARE_LINKS_OF_VIEW_MAX)
        return err_set(err, ERR_CONFLICT, "the report has %d links already", SHARE_LINKS_OF_VIEW_MAX);
    return count < SHARE_LINKS_MAX ? OK : err_set(err, ERR_CONFLICT, "the project has %d links already", SHARE_LINKS_MAX);
}

static enum err_code newest_id(struct db_tx *tx, const struct secret_hash *hash, int64_t *id, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_HASH(hash)), "select id from share_links where hash = $1", id, err);
}

static enum err_code check_projects(size_t count, struct err *err) {
    return count <= SHARE_PROJECTS_MAX
               ? OK
               : err_set(err, ERR_BAD_INPUT, "a link shows runs of at most %d projects, got %zu", SHARE_PROJECTS_MAX, count);
}

enum err_code share_create(struct db_tx *tx, const struct secrets *secrets, const struct new_share *wanted, const struct actor *actor,
                           int64_t now_ms, struct arena *arena, struct str *token, int64_t *id, struct err *err) {
    bool is_report = wanted->view_id != 0;
    unsigned char bytes[TOKEN_BYTES];

    if (!is_report && (wanted->run_count == 0 || wanted->run_count > SHARE_RUNS_MAX))
        return err_set(err, ERR_BAD_INPUT, "a link shows 1 to %d runs, got %zu", SHARE_RUNS_MAX, wanted->run_count);
    TRY(check_projects(wanted->project_count, err));
    TRY(make_room(tx, wanted, now_ms, err));
    hash_random(bytes, sizeof bytes);
    struct str random = hash_hex(bytes, sizeof bytes, arena);
    *token = is_report ? token_of_salt(secrets, 0, random, arena) : random;
    struct secret_hash hash = hash_of(secrets, 0, *token, arena);
    TRY(db_exec(tx,
                DB_ARGS(DB_HASH(&hash), DB_INT(wanted->owner.project_id), DB_TEXT(ids_text(wanted->run_ids, wanted->run_count, arena)),
                        actor->user_id == 0 ? DB_NULL : DB_INT(actor->user_id), DB_INT(now_ms), DB_INT(now_ms + wanted->life_ms),
                        is_report ? DB_INT(wanted->view_id) : DB_NULL,
                        is_report ? DB_TEXT(ids_text(wanted->project_ids, wanted->project_count, arena)) : DB_NULL,
                        is_report ? DB_TEXT(random) : DB_NULL),
                "insert into share_links (hash, project_id, runs, user_id, created_at, expires_at, view_id, projects, salt)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                err));
    TRY(newest_id(tx, &hash, id, err));
    return audit_add(tx, actor, "share.create", wanted->owner.entity_id, arena_printf(arena, "%lld", (long long)*id), err);
}

/* ---- finding ---- */

static enum err_code read_ids(struct str text, int64_t **ids, size_t *count, struct arena *arena, struct err *err) {
    struct json_value *list;
    *count = 0;
    if (text.ptr == NULL)
        return OK;
    TRY(json_parse(&list, text, JSON_STRICT, arena, err));
    *count = list->type == JSON_TYPE_ARRAY ? list->array.count : 0;
    *ids = ARENA_ARRAY(arena, int64_t, *count);
    for (size_t i = 0; i < *count; i++)
        (*ids)[i] = list->array.items[i].type == JSON_TYPE_INT ? list->array.items[i].integer : 0;
    return OK;
}

static enum err_code read_row(const struct db_rows *rows, struct row *row, struct arena *arena, struct err *err) {
    struct share *share = &row->share;
    *row = (struct row){
        .share = { .owner = { db_int(rows, 6), db_int(rows, 1) },
                   .id = db_int(rows, 0),
                   .created_at = db_int(rows, 3),
                   .expires_at = db_int(rows, 4),
                   .username = db_str(rows, 5, arena),
                   .view_id = db_int(rows, 7),
                   .user_id = db_int(rows, 9) },
        .salt = db_str(rows, 10, arena),
        .hash = db_str(rows, 11, arena),
        .is_maker_admin = db_int(rows, 12) != 0,
    };
    TRY(read_ids(db_str(rows, 2, arena), &share->run_ids, &share->run_count, arena, err));
    return read_ids(db_str(rows, 8, arena), &share->project_ids, &share->project_count, arena, err);
}

static enum err_code read_one(struct db_rows *rows, struct arena *arena, struct row **out, struct err *err) {
    enum err_code code = OK;
    *out = NULL;
    while (db_next(rows)) {
        *out = ARENA_NEW(arena, struct row);
        if (code == OK)
            code = read_row(rows, *out, arena, err);
    }
    TRY(db_end(rows, err));
    return code;
}

static enum err_code is_gone(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "this link does not exist, was revoked, or has expired");
}

static enum err_code find_row(struct db_tx *tx, const struct secrets *secrets, struct str token, int64_t now_ms, struct arena *arena,
                              struct row **out, struct err *err) {
    *out = NULL;
    for (size_t i = 0; *out == NULL && i < secrets_count(secrets) && token.len <= TOKEN_TEXT_MAX; i++) {
        struct db_rows *rows;
        struct secret_hash hash = hash_of(secrets, i, token, arena);
        TRY(db_query(tx, &rows, DB_ARGS(DB_HASH(&hash), DB_INT(now_ms)), SHARE_COLUMNS "s.hash = $1 and s.expires_at > $2", err));
        TRY(read_one(rows, arena, out, err));
    }
    return *out != NULL ? OK : is_gone(err);
}

enum err_code share_find(struct db_tx *tx, const struct secrets *secrets, struct str token, int64_t now_ms, struct arena *arena,
                         struct share **out, struct err *err) {
    struct row *row;
    TRY(find_row(tx, secrets, token, now_ms, arena, &row, err));
    *out = &row->share;
    return OK;
}

static enum err_code may_share(struct db_tx *tx, const struct row *row, const struct owner *owner, bool *out, struct err *err) {
    enum right right = RIGHT_NONE;
    if (row->share.username.ptr != NULL)
        TRY(right_find(tx, owner, row->share.user_id, row->is_maker_admin, &right, err));
    *out = right >= RIGHT_WRITE;
    return OK;
}

static enum err_code find_owner(struct db_tx *tx, int64_t project_id, struct owner *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct owner){ .project_id = project_id };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id)), "select entity_id from projects where id = $1 and deleted_at is null", err));
    while (db_next(rows))
        out->entity_id = db_int(rows, 0);
    return db_end(rows, err);
}

enum err_code share_follow(struct db_tx *tx, const struct secrets *secrets, struct str token, int64_t now_ms, struct arena *arena,
                           struct share **out, struct err *err) {
    struct row *row;
    size_t kept = 0;
    bool is_shared;
    TRY(find_row(tx, secrets, token, now_ms, arena, &row, err));
    TRY(may_share(tx, row, &row->share.owner, &is_shared, err));
    if (!is_shared)
        return is_gone(err);
    for (size_t i = 0; i < row->share.project_count; i++) {
        struct owner owner;
        TRY(find_owner(tx, row->share.project_ids[i], &owner, err));
        TRY(may_share(tx, row, &owner, &is_shared, err));
        if (is_shared)
            row->share.project_ids[kept++] = owner.project_id;
    }
    row->share.project_count = kept;
    *out = &row->share;
    return OK;
}

enum err_code share_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct share **out, struct err *err) {
    struct db_rows *rows;
    struct row *row;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), SHARE_COLUMNS "s.id = $1", err));
    TRY(read_one(rows, arena, &row, err));
    if (row == NULL)
        return err_set(err, ERR_NOT_FOUND, "link %lld not found", (long long)id);
    *out = &row->share;
    return OK;
}

static enum err_code read_list(struct db_rows *rows, const struct secrets *secrets, size_t max, struct arena *arena, struct share **out,
                               size_t *count, struct err *err) {
    *out = ARENA_ARRAY(arena, struct share, max);
    *count = 0;
    while (*count < max && db_next(rows)) {
        struct row row;
        TRY(read_row(rows, &row, arena, err));
        (*out)[*count] = row.share;
        if (secrets != NULL)
            (*out)[*count].token = find_token(secrets, &row, arena);
        (*count)++;
    }
    return db_end(rows, err);
}

enum err_code share_list(struct db_tx *tx, int64_t project_id, int64_t now_ms, struct arena *arena, struct share **out,
                         size_t *count, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_INT(now_ms)),
                 SHARE_COLUMNS "s.project_id = $1 and s.expires_at > $2 order by s.id desc", err));
    return read_list(rows, NULL, SHARE_LINKS_MAX, arena, out, count, err);
}

enum err_code share_list_of_view(struct db_tx *tx, const struct secrets *secrets, int64_t view_id, int64_t now_ms, struct arena *arena,
                                 struct share **out, size_t *count, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(view_id), DB_INT(now_ms)),
                 SHARE_COLUMNS "s.view_id = $1 and s.expires_at > $2 order by s.id desc", err));
    return read_list(rows, secrets, SHARE_LINKS_OF_VIEW_MAX, arena, out, count, err);
}

/* ---- changing ---- */

static enum err_code note(struct db_tx *tx, const struct share *share, const char *action, const struct actor *actor, struct err *err) {
    char subject[24];
    (void)snprintf(subject, sizeof subject, "%lld", (long long)share->id);
    return audit_add(tx, actor, action, share->owner.entity_id, str_from_c(subject), err);
}

enum err_code share_set_projects(struct db_tx *tx, const struct share *share, const int64_t *project_ids, size_t count,
                                 const struct actor *actor, struct err *err) {
    struct arena *arena = arena_create();
    enum err_code code = check_projects(count, err);
    if (code == OK)
        code = db_exec(tx, DB_ARGS(DB_INT(share->id), DB_TEXT(ids_text(project_ids, count, arena)), DB_INT(actor->user_id)),
                       "update share_links set projects = $2, user_id = $3 where id = $1", err);
    arena_destroy(arena);
    TRY(code);
    return note(tx, share, "share.change", actor, err);
}

enum err_code share_revoke(struct db_tx *tx, const struct share *share, const struct actor *actor, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(share->id)), "delete from share_links where id = $1", err));
    return note(tx, share, "share.revoke", actor, err);
}
