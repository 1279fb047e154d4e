/* view.c - see view.h. */
#include "server/store/projects/view.h"

#include "base/json.h"
#include "server/store/projects/names.h"

enum { VIEW_URL_MAX = 1 << 14 };

#define VIEW_SELECT                                                                                                      \
    "select v.id, v.project_id, p.entity_id, v.parent_id, v.type, v.name, v.display_name, v.description,"                \
    " v.created_using, v.preview_url, v.cover_url, v.is_locked, v.user_id, v.updated_by, v.version, v.created_at,"       \
    " v.updated_at, v.is_private from views v join projects p on p.id = v.project_id and p.deleted_at is null "

static struct view *read_view(const struct db_rows *rows, struct arena *arena) {
    struct view *view = ARENA_NEW(arena, struct view);
    view->id = db_int(rows, 0);
    view->owner = (struct owner){ .entity_id = db_int(rows, 2), .project_id = db_int(rows, 1) };
    view->parent_id = db_int(rows, 3);
    view->type = db_str(rows, 4, arena);
    view->name = db_str(rows, 5, arena);
    view->display_name = db_str(rows, 6, arena);
    view->description = db_str(rows, 7, arena);
    view->created_using = db_str(rows, 8, arena);
    view->preview_url = db_str(rows, 9, arena);
    view->cover_url = db_str(rows, 10, arena);
    view->is_locked = db_int(rows, 11) != 0;
    view->user_id = db_int(rows, 12);
    view->updated_by = db_int(rows, 13);
    view->version = db_int(rows, 14);
    view->created_at = db_int(rows, 15);
    view->updated_at = db_int(rows, 16);
    view->is_private = db_int(rows, 17) != 0;
    return view;
}

static enum err_code no_such_view(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such view");
}

static enum err_code take_one(struct db_rows *rows, struct arena *arena, struct view **out, struct err *err) {
    *out = NULL;
    while (db_next(rows))
        *out = read_view(rows, arena);
    TRY(db_end(rows, err));
    return *out != NULL ? OK : no_such_view(err);
}

enum err_code view_find(struct db_tx *tx, int64_t id, struct arena *arena, struct view **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), VIEW_SELECT "where v.id = $1 and v.deleted_at is null", err));
    return take_one(rows, arena, out, err);
}

enum err_code view_find_workspace(struct db_tx *tx, int64_t project_id, struct str name, struct arena *arena, struct view **out,
                                  struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_TEXT(name)),
                 VIEW_SELECT "where v.project_id = $1 and v.name = $2 and v.type = '" VIEW_TYPE_WORKSPACE "' and v.deleted_at is null",
                 err));
    return take_one(rows, arena, out, err);
}

enum err_code view_load_spec(struct db_tx *tx, int64_t id, struct arena *arena, struct str *out, struct err *err) {
    struct db_rows *rows;
    *out = STR_EMPTY;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), "select spec from views where id = $1", err));
    while (db_next(rows))
        *out = db_str(rows, 0, arena);
    return db_end(rows, err);
}

/* ---- changing ---- */

static enum err_code check_spec(struct str spec, struct err *err) {
    struct json_reader reader;
    enum json_token token;
    if (spec.ptr == NULL)
        return OK;
    TRY(name_check_text(spec, "the spec", VIEW_SPEC_MAX, err));
    json_reader_init(&reader, spec, JSON_EXTENDED);
    while ((token = json_next(&reader)) != JSON_END)
        if (token == JSON_ERROR)
            return err_set(err, ERR_BAD_INPUT, "the spec is not JSON: at byte %zu: %s", reader.offset, reader.message);
    return OK;
}

static enum err_code check_name(struct str name, struct err *err) {
    if (name.ptr != NULL && (name.len == 0 || name.len > VIEW_NAME_MAX))
        return err_set(err, ERR_BAD_INPUT, "a view's name must have 1 to %d bytes, got %zu", VIEW_NAME_MAX, name.len);
    return name_check_text(name, "the view's name", VIEW_NAME_MAX, err);
}

static enum err_code check_change(const struct view_change *change, struct err *err) {
    TRY(check_name(change->name, err));
    TRY(name_check_text(change->type, "the view's type", VIEW_NAME_MAX, err));
    TRY(name_check_text(change->display_name, "the display name", VIEW_TEXT_MAX, err));
    TRY(name_check_text(change->description, "the description", VIEW_TEXT_MAX, err));
    TRY(name_check_text(change->created_using, "createdUsing", VIEW_NAME_MAX, err));
    TRY(name_check_text(change->preview_url, "previewUrl", VIEW_URL_MAX, err));
    TRY(name_check_text(change->cover_url, "coverUrl", VIEW_URL_MAX, err));
    return check_spec(change->spec, err);
}

static struct db_value id_or_null(int64_t id) {
    return id > 0 ? DB_INT(id) : DB_NULL;
}

/* A second workspace of a name: the index says no as well, but less clearly. */
static enum err_code check_workspace(struct db_tx *tx, int64_t project_id, int64_t id, struct str type, struct str name,
                                     struct err *err) {
    struct arena *arena = arena_create();
    struct view *other;
    enum err_code code = OK;
    if (str_eq_c(type, VIEW_TYPE_WORKSPACE)) {
        code = view_find_workspace(tx, project_id, name, arena, &other, err);
        if (code == OK && other->id != id)
            code = err_set(err, ERR_CONFLICT, "there is a workspace '%.*s' already", STR_ARG(name));
        else if (code == ERR_NOT_FOUND)
            code = OK;
    }
    arena_destroy(arena);
    return code;
}

static enum err_code last_id(struct db_tx *tx, int64_t project_id, int64_t *id, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(project_id)), "select max(id) from views where project_id = $1", id, err);
}

enum err_code view_create(struct db_tx *tx, int64_t project_id, const struct view_change *change, int64_t now_ms, int64_t *id,
                          struct err *err) {
    struct str type = change->type.len > 0 ? change->type : STR(VIEW_TYPE_REPORT);
    struct str display_name = change->display_name.ptr == NULL ? STR_EMPTY : change->display_name;
    TRY(check_change(change, err));
    if (change->name.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "a view needs a name");
    if (change->spec.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "a view needs a spec");
    TRY(check_workspace(tx, project_id, 0, type, change->name, err));
    TRY(db_exec(tx,
                DB_ARGS(DB_INT(project_id), id_or_null(change->parent_id), DB_TEXT(type), DB_TEXT(change->name), DB_TEXT(display_name),
                        DB_TEXT(change->description), DB_TEXT(change->spec), DB_TEXT(change->created_using),
                        DB_TEXT(change->preview_url), DB_TEXT(change->cover_url), DB_INT(change->is_locked > 0),
                        id_or_null(change->user_id), DB_INT(now_ms), DB_INT(change->is_private > 0)),
                "insert into views (project_id, parent_id, type, name, display_name, description, spec, created_using, preview_url,"
                " cover_url, is_locked, user_id, updated_by, version, created_at, updated_at, is_private)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, 1, $13, $13, $14)",
                err));
    return last_id(tx, project_id, id, err);
}

enum err_code view_update(struct db_tx *tx, int64_t id, const struct view_change *change, int64_t now_ms, struct err *err) {
    struct arena *arena = arena_create();
    struct view *view;
    enum err_code code = check_change(change, err);
    if (code == OK)
        code = view_find(tx, id, arena, &view, err);
    if (code == OK)
        code = check_workspace(tx, view->owner.project_id, id, change->type.ptr != NULL ? change->type : view->type,
                               change->name.ptr != NULL ? change->name : view->name, err);
    arena_destroy(arena);
    TRY(code);
    return db_exec(tx,
                   DB_ARGS(DB_INT(id), change->parent_id < 0 ? DB_NULL : DB_INT(change->parent_id), DB_TEXT(change->type),
                           DB_TEXT(change->name), DB_TEXT(change->display_name), DB_TEXT(change->description), DB_TEXT(change->spec),
                           DB_TEXT(change->created_using), DB_TEXT(change->preview_url), DB_TEXT(change->cover_url),
                           change->is_locked < 0 ? DB_NULL : DB_INT(change->is_locked), id_or_null(change->user_id), DB_INT(now_ms),
                           change->is_private < 0 ? DB_NULL : DB_INT(change->is_private)),
                   "update views set parent_id = coalesce($2, parent_id), type = coalesce($3, type), name = coalesce($4, name),"
                   " display_name = coalesce($5, display_name), description = coalesce($6, description), spec = coalesce($7, spec),"
                   " created_using = coalesce($8, created_using), preview_url = coalesce($9, preview_url),"
                   " cover_url = coalesce($10, cover_url), is_locked = coalesce($11, is_locked),"
                   " is_private = coalesce($14, is_private), updated_by = $12, version = version + 1, updated_at = $13"
                   " where id = $1 and deleted_at is null",
                   err);
}

enum err_code view_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(now_ms)), "update views set deleted_at = $2 where id = $1 and deleted_at is null", err));
    return db_changed(tx) == 1 ? OK : no_such_view(err);
}

enum err_code view_delete_drafts(struct db_tx *tx, int64_t parent_id, int64_t now_ms, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(parent_id), DB_INT(now_ms)),
                   "update views set deleted_at = $2 where parent_id = $1 and deleted_at is null", err);
}

enum err_code view_count_drafts(struct db_tx *tx, int64_t parent_id, int64_t *out, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(parent_id)),
                        "select count(*) from views where parent_id = $1 and deleted_at is null", out, err);
}

/* ---- lists ---- */

/* $1 project, $2 parent, $3 type, $4 name, $5 user's name, $6 asker, $7 whether others' drafts and private views are seen */
#define VIEW_WHERE                                                                                                       \
    "where v.project_id = $1 and v.deleted_at is null and ($2 = 0 or v.parent_id = $2) and ($3 = '' or v.type = $3)"     \
    " and ($4 = '' or v.name = $4 or (v.display_name = $4 and v.type <> '" VIEW_TYPE_WORKSPACE "'))"                     \
    " and ($5 = '' or v.user_id = (select id from users where username = $5))"                                           \
    " and ($7 = 1 or (v.type <> '" VIEW_TYPE_DRAFT "' and v.is_private = 0) or v.user_id = $6) "

static struct str text_or_empty(struct str text) {
    return text.ptr == NULL ? STR_EMPTY : text;
}

#define VIEW_WHERE_ARGS(query)                                                                                           \
    DB_INT((query)->project_id), DB_INT((query)->parent_id), DB_TEXT(text_or_empty((query)->type)),                      \
        DB_TEXT(text_or_empty((query)->name)), DB_TEXT(text_or_empty((query)->user_name)), DB_INT((query)->asker_id),    \
        DB_INT((query)->sees_all_drafts)

enum err_code view_list(struct db_tx *tx, const struct view_query *query, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows,
                 DB_ARGS(VIEW_WHERE_ARGS(query), DB_INT(query->after_id > 0 ? query->after_id : INT64_MAX), DB_INT((int64_t)query->limit)),
                 VIEW_SELECT VIEW_WHERE "and v.id < $8 order by v.id desc limit $9", err));
    while (db_next(rows))
        list_add(out, read_view(rows, arena), arena);
    return db_end(rows, err);
}

enum err_code view_count(struct db_tx *tx, const struct view_query *query, int64_t *out, struct err *err) {
    return db_query_int(tx, DB_ARGS(VIEW_WHERE_ARGS(query)), "select count(*) from views v " VIEW_WHERE, out, err);
}
