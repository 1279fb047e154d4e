/* project.c - see project.h. */
#include "server/store/projects/project.h"
#include "base/hash.h"
#include "server/store/projects/names.h"
#include "server/store/projects/removal.h"

#define PROJECT_FIELDS                                                                                       \
    "p.id, p.entity_id, p.name, e.name, p.description, p.folder, p.visibility, p.created_by, "        \
    "p.created_at,"                                                                                          \
    " p.updated_at, p.run_version"
#define PROJECT_COLUMNS "select " PROJECT_FIELDS " from projects p join entities e on e.id = p.entity_id "

static struct project *read_project(const struct db_rows *rows, struct arena *arena) {
    struct project *project = ARENA_NEW(arena, struct project);
    project->id = db_int(rows, 0);
    project->owner = (struct owner){ .entity_id = db_int(rows, 1), .project_id = project->id };
    project->name = db_str(rows, 2, arena);
    project->entity_name = db_str(rows, 3, arena);
    project->description = db_str(rows, 4, arena);
    project->folder = db_str(rows, 5, arena);
    project->visibility = (enum project_visibility)db_int(rows, 6);
    project->created_by = db_int(rows, 7);
    project->created_at = db_int(rows, 8);
    project->updated_at = db_int(rows, 9);
    project->run_version = db_int(rows, 10);
    return project;
}

enum err_code project_check_name(struct str name, struct err *err) {
    return name_check(name, "project name", PROJECT_NAME_MAX, err);
}

/* The one row of a query that has been begun; *out stays NULL when there is none. */
static enum err_code take_one(struct db_rows *rows, struct arena *arena, struct project **out,
                              struct err *err) {
    *out = NULL;
    while (db_next(rows))
        *out = read_project(rows, arena);
    return db_end(rows, err);
}

static enum err_code explain_missing(struct db_tx *tx, int64_t entity_id, struct str name, struct err *err) {
    struct db_rows *rows;
    bool was_deleted = false;

    TRY(db_query(
        tx, &rows, DB_ARGS(DB_INT(entity_id), DB_TEXT(name)),
        "select 1 from projects where entity_id = $1 and name = $2 and deleted_at is not null limit 1", err));
    while (db_next(rows))
        was_deleted = true;
    TRY(db_end(rows, err));
    return was_deleted ? err_set(err, ERR_GONE, "project '%.*s' was deleted", STR_ARG(name))
                       : err_set(err, ERR_NOT_FOUND, "project '%.*s' not found", STR_ARG(name));
}

enum err_code project_find(struct db_tx *tx, int64_t entity_id, struct str name, struct arena *arena,
                           struct project **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(entity_id), DB_TEXT(name)),
                 PROJECT_COLUMNS "where p.entity_id = $1 and p.name = $2 and p.deleted_at is null", err));
    TRY(take_one(rows, arena, out, err));
    return *out != NULL ? OK : explain_missing(tx, entity_id, str_slice(name, 0, PROJECT_NAME_MAX), err);
}

enum err_code project_find_place(struct db_tx *tx, const struct project_place *place, struct arena *arena, struct project **out,
                                 enum right *right, struct err *err) {
    enum { FIELD_COUNT = 11 };
    struct db_rows *rows;

    *out = NULL;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(place->user_id), DB_TEXT(place->entity_name), DB_TEXT(place->project_name)),
                 "select " PROJECT_FIELDS ", " RIGHT_COLUMNS " from projects p join entities e on e.id = p.entity_id" RIGHT_JOINS
                 "where p.entity_id = (select id from entities where lower(name) = lower($2) and name = $2 and removed_at is null)"
                 " and p.name = $3 and p.deleted_at is null",
                 err));
    if (db_next(rows)) {
        *out = read_project(rows, arena);
        *right = right_read(rows, FIELD_COUNT, place->is_server_admin, arena);
    }
    return db_end(rows, err);
}

enum err_code project_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct project **out,
                                 struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), PROJECT_COLUMNS "where p.id = $1 and p.deleted_at is null",
                 err));
    TRY(take_one(rows, arena, out, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "project not found");
}

enum err_code project_find_by_names(struct db_tx *tx, struct str entity_name, struct str name,
                                    struct arena *arena, struct project **out, struct err *err) {
    struct db_rows *rows;
    int64_t entity_id = 0;

    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(entity_name)),
                 "select id from entities where lower(name) = lower($1) and removed_at is null", err));
    while (db_next(rows))
        entity_id = db_int(rows, 0);
    TRY(db_end(rows, err));
    return project_find(tx, entity_id, name, arena, out, err);
}

enum err_code project_ensure(struct db_tx *tx, int64_t entity_id, struct str name, int64_t user_id,
                             int64_t now_ms, struct arena *arena, struct project **out, bool *is_inserted,
                             struct err *err) {
    enum err_code code = project_find(tx, entity_id, name, arena, out, err);

    *is_inserted = false;
    if (code != ERR_NOT_FOUND && code != ERR_GONE)
        return code;
    TRY(project_check_name(name, err));
    TRY(db_exec(
        tx,
        DB_ARGS(DB_INT(entity_id), DB_TEXT(name), DB_INT(PROJECT_PRIVATE),
                user_id > 0 ? DB_INT(user_id) : DB_NULL, DB_INT(now_ms)),
        "insert into projects (entity_id, name, visibility, created_by, created_at, updated_at, run_version,"
        " run_number) values ($1, $2, $3, $4, $5, $5, 0, 0)",
        err));
    *is_inserted = true;
    return project_find(tx, entity_id, name, arena, out, err);
}

static enum err_code check_change(const struct project_change *change, struct err *err) {
    if (change->name.ptr != NULL)
        TRY(project_check_name(change->name, err));
    TRY(name_check_text(change->description, "project description", PROJECT_DESCRIPTION_MAX, err));
    return name_check_text(change->folder, "project folder", PROJECT_NAME_MAX * 8, err);
}

enum err_code project_update(struct db_tx *tx, int64_t id, const struct project_change *change,
                             int64_t now_ms, struct err *err) {
    struct arena *arena = arena_create();
    struct project *project, *other;
    enum err_code code = check_change(change, err);

    if (code != OK)
        goto done;
    code = project_find_by_id(tx, id, arena, &project, err);
    if (code != OK)
        goto done;
    if (change->name.ptr != NULL && !str_eq(change->name, project->name)) {
        code = project_find(tx, project->owner.entity_id, change->name, arena, &other, err);
        if (code == OK)
            code = err_set(err, ERR_CONFLICT, "there is a project '%.*s' already", STR_ARG(change->name));
        if (code != ERR_NOT_FOUND && code != ERR_GONE)
            goto done;
    }
    code = db_exec(tx,
                   DB_ARGS(DB_INT(id), DB_TEXT(change->name), DB_TEXT(change->description),
                           DB_TEXT(change->folder),
                           change->visibility < 0 ? DB_NULL : DB_INT(change->visibility), DB_INT(now_ms)),
                   "update projects set name = coalesce($2, name), description = coalesce($3, description),"
                   " folder = coalesce($4, folder), visibility = coalesce($5, visibility), updated_at = $6"
                   " where id = $1 and deleted_at is null",
                   err);

done:
    arena_destroy(arena);
    return code;
}

enum err_code project_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(now_ms)),
                "update projects set deleted_at = $2, updated_at = $2, run_version = run_version + 1"
                " where id = $1 and deleted_at is null",
                err));
    if (db_changed(tx) != 1)
        return err_set(err, ERR_NOT_FOUND, "project not found");
    return removal_add(tx, REMOVAL_PROJECT, id, now_ms, err);
}

enum err_code project_list(struct db_tx *tx, int64_t entity_id, int64_t after_id, size_t limit,
                           struct arena *arena, struct project ***out, size_t *count, struct err *err) {
    struct db_rows *rows;

    *out = ARENA_ARRAY(arena, struct project *, limit);
    *count = 0;
    TRY(db_query(
        tx, &rows,
        DB_ARGS(DB_INT(entity_id), DB_INT(after_id > 0 ? after_id : INT64_MAX), DB_INT((int64_t)limit)),
        PROJECT_COLUMNS
        "where p.entity_id = $1 and p.id < $2 and p.deleted_at is null order by p.id desc limit $3",
        err));
    while (db_next(rows) && *count < limit)
        (*out)[(*count)++] = read_project(rows, arena);
    return db_end(rows, err);
}

enum err_code project_count_runs(struct db_tx *tx, int64_t id, int64_t *count, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(id)),
                        "select count(*) from runs where project_id = $1 and deleted_at is null", count, err);
}

enum err_code project_count(struct db_tx *tx, int64_t entity_id, bool only_public, int64_t *count,
                            struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(entity_id), DB_INT(only_public ? PROJECT_PUBLIC : PROJECT_PRIVATE)),
                        "select count(*) from projects where entity_id = $1 and visibility >= $2 and deleted_at is null", count, err);
}

struct str project_storage_id(const struct project *project, struct arena *arena) {
    return hash_base64(
        arena_printf(arena, "Project:v1:%.*s:%.*s", STR_ARG(project->name), STR_ARG(project->entity_name)),
        arena);
}

enum err_code project_find_by_storage_id(struct db_tx *tx, struct str storage_id, struct arena *arena,
                                         struct project **out, struct err *err) {
    struct str parts[2];
    if (!name_split_storage_id(storage_id, "Project:v1:", parts, 2, arena))
        return err_set(err, ERR_NOT_FOUND, "project not found");
    return project_find_by_names(tx, parts[1], parts[0], arena, out, err);
}
