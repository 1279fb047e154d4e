/* run.c - finding runs. What changes them is in run_change.c. */
#include "server/store/runs/run.h"
#include "base/hash.h"
#include "server/store/projects/names.h"

/* Config and summary are fetched only when asked for: they are most of the bytes. */
#define RUN_COLUMNS                                                                                          \
    "select r.id, r.project_id, p.entity_id, r.name, r.display_name, r.description, r.notes, r.group_name, " \
    "r.job_type,"                                                                                            \
    " r.sweep, r.host, r.program, r.repo, r.commit_hash, r.tags, p.name, e.name, u.username, r.state, "      \
    "r.user_id,"                                                                                             \
    " r.created_at, r.updated_at, r.heartbeat_at, r.ended_at, r.exit_code, r.is_stop_requested, "            \
    "r.is_reused,"                                                                                           \
    " r.is_debug, r.version, r.fork_run_id, r.fork_step, r.moved_to, r.deleted_at"                           \
    " from runs r join projects p on p.id = r.project_id join entities e on e.id = p.entity_id"              \
    " left join users u on u.id = r.user_id "

enum { MOVES_MAX = 8 }; /* a run that was moved more often is not followed any further */

struct found {
    struct run *run;
    int64_t moved_to;
    bool is_deleted;
};

static struct found read_run(const struct db_rows *rows, struct arena *arena) {
    struct run *run = ARENA_NEW(arena, struct run);
    run->id = db_int(rows, 0);
    run->owner = (struct owner){ .project_id = db_int(rows, 1), .entity_id = db_int(rows, 2) };
    run->name = db_str(rows, 3, arena);
    run->display_name = db_str(rows, 4, arena);
    run->description = db_str(rows, 5, arena);
    run->notes = db_str(rows, 6, arena);
    run->group = db_str(rows, 7, arena);
    run->job_type = db_str(rows, 8, arena);
    run->sweep = db_str(rows, 9, arena);
    run->host = db_str(rows, 10, arena);
    run->program = db_str(rows, 11, arena);
    run->repo = db_str(rows, 12, arena);
    run->commit = db_str(rows, 13, arena);
    run->tags = db_str(rows, 14, arena);
    run->project_name = db_str(rows, 15, arena);
    run->entity_name = db_str(rows, 16, arena);
    run->username = db_str(rows, 17, arena);
    run->state = (enum run_state)db_int(rows, 18);
    run->user_id = db_int(rows, 19);
    run->created_at = db_int(rows, 20);
    run->updated_at = db_int(rows, 21);
    run->heartbeat_at = db_int(rows, 22);
    run->ended_at = db_int(rows, 23);
    run->has_exit_code = !db_is_null(rows, 24);
    run->exit_code = (int32_t)db_int(rows, 24);
    run->is_stop_requested = db_int(rows, 25) != 0;
    run->is_reused = db_int(rows, 26) != 0;
    run->is_debug = db_int(rows, 27) != 0;
    run->version = db_int(rows, 28);
    run->fork_run_id = db_int(rows, 29);
    run->fork_step = db_int(rows, 30);
    return (struct found){ run, db_int(rows, 31), !db_is_null(rows, 32) };
}

static enum err_code take_text(struct db_rows *rows, struct arena *arena, struct str *out, struct err *err) {
    while (db_next(rows))
        *out = db_str(rows, 0, arena);
    return db_end(rows, err);
}

static enum err_code read_parts(struct db_tx *tx, struct run *run, unsigned parts, struct arena *arena,
                                struct err *err) {
    struct db_rows *rows;

    if (parts & RUN_CONFIG) {
        TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run->id)), "select config from run_configs where run_id = $1",
                     err));
        TRY(take_text(rows, arena, &run->config, err));
    }
    if (parts & RUN_SUMMARY) {
        TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run->id)),
                     "select summary from run_summaries where run_id = $1", err));
        TRY(take_text(rows, arena, &run->summary, err));
    }
    return OK;
}

/* The last row of a query that has been begun: run NULL when there is none. */
static enum err_code take_found(struct db_rows *rows, struct arena *arena, struct found *out,
                                struct err *err) {
    *out = (struct found){ 0 };
    while (db_next(rows))
        *out = read_run(rows, arena);
    return db_end(rows, err);
}

static enum err_code find_row(struct db_tx *tx, int64_t id, struct arena *arena, struct found *out,
                              struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), RUN_COLUMNS "where r.id = $1", err));
    return take_found(rows, arena, out, err);
}

enum err_code run_find(struct db_tx *tx, int64_t project_id, struct str name, unsigned parts,
                       bool follow_moved, struct arena *arena, struct run **out, struct err *err) {
    struct db_rows *rows;
    struct found found;

    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_TEXT(name)),
                 RUN_COLUMNS "where r.project_id = $1 and r.name = $2 and r.deleted_at is null", err));
    TRY(take_found(rows, arena, &found, err));
    if (found.run == NULL) {
        TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_TEXT(name)),
                     RUN_COLUMNS "where r.project_id = $1 and r.name = $2 and r.deleted_at is not null"
                                 " order by r.id desc limit 1",
                     err));
        TRY(take_found(rows, arena, &found, err));
    }
    for (int i = 0; found.run != NULL && found.moved_to != 0 && follow_moved && i < MOVES_MAX; i++)
        TRY(find_row(tx, found.moved_to, arena, &found, err));
    if (found.run == NULL || (found.moved_to != 0 && found.is_deleted))
        return err_set(err, ERR_NOT_FOUND, "run '%.*s' not found", STR_ARG(str_slice(name, 0, RUN_NAME_MAX)));
    if (found.is_deleted)
        return err_set(err, ERR_GONE, "run '%.*s' was deleted", STR_ARG(name));
    *out = found.run;
    return read_parts(tx, *out, parts, arena, err);
}

/* An entity's name is compared twice: by the index, and as it is written. The project is one value for whoever plans this,
 * so that a run is looked up by it and its name together, also when it was planned while there were no runs. */
#define PROJECT_OF(entity, project)                                                                          \
    "(select id from projects where entity_id = (select id from entities where lower(name) = lower(" entity  \
    ") and name = " entity " and removed_at is null) and name = " project " and deleted_at is null)"

enum err_code run_find_place(struct db_tx *tx, const struct run_place *place, struct arena *arena, struct run **out,
                             enum right *right, struct err *err) {
    struct db_value names[] = { DB_INT(place->user_id), DB_TEXT(place->entity_name), DB_TEXT(place->project_name),
                                DB_TEXT(place->run_name) };
    struct db_rows *rows;

    *out = NULL;
    TRY(db_lock(tx, names + 1, 3,
                "select locked.id from runs locked where locked.project_id = " PROJECT_OF("$1", "$2")
                " and locked.name = $3 and locked.deleted_at is null",
                err));
    TRY(db_query(tx, &rows, names, 4,
                 "select r.id, p.id, e.id, r.state, r.is_stop_requested, " RIGHT_COLUMNS
                 " from runs r join projects p on p.id = r.project_id join entities e on e.id = p.entity_id" RIGHT_JOINS
                 "where r.project_id = " PROJECT_OF("$2", "$3") " and r.name = $4 and r.deleted_at is null",
                 err));
    if (db_next(rows)) {
        struct run *run = *out = ARENA_NEW(arena, struct run);
        *run = (struct run){ .id = db_int(rows, 0), .owner = { .project_id = db_int(rows, 1), .entity_id = db_int(rows, 2) } };
        run->state = (enum run_state)db_int(rows, 3);
        run->is_stop_requested = db_int(rows, 4) != 0;
        *right = right_read(rows, 5, place->is_server_admin, arena);
    }
    return db_end(rows, err);
}

enum err_code run_find_by_id(struct db_tx *tx, int64_t id, unsigned parts, struct arena *arena,
                             struct run **out, struct err *err) {
    struct found found;
    TRY(find_row(tx, id, arena, &found, err));
    if (found.run == NULL || found.is_deleted)
        return err_set(err, ERR_NOT_FOUND, "run not found");
    *out = found.run;
    return read_parts(tx, *out, parts, arena, err);
}

enum err_code run_find_many(struct db_tx *tx, const int64_t *ids, size_t id_count, unsigned parts,
                            struct arena *arena, struct run ***out, size_t *count, struct err *err) {
    size_t document_bytes = 0;
    *out = ARENA_ARRAY(arena, struct run *, id_count);
    *count = 0;
    for (size_t i = 0; i < id_count; i++) {
        struct run **place = &(*out)[*count];
        enum err_code code = run_find_by_id(tx, ids[i], parts, arena, place, err);
        if (code == ERR_NOT_FOUND)
            continue;
        TRY(code);
        document_bytes += (*place)->config.len + (*place)->summary.len;
        if (document_bytes > RUN_DOCUMENTS_MAX)
            return err_set(err, ERR_TOO_LARGE, "the configs and summaries of these runs are larger than %d bytes", RUN_DOCUMENTS_MAX);
        (*count)++;
    }
    return OK;
}

struct str run_storage_id(const struct run *run, struct arena *arena) {
    return hash_base64(arena_printf(arena, "Run:v1:%.*s:%.*s:%.*s", STR_ARG(run->name),
                                    STR_ARG(run->project_name), STR_ARG(run->entity_name)),
                       arena);
}

enum err_code run_find_by_storage_id(struct db_tx *tx, struct str storage_id, unsigned parts,
                                     struct arena *arena, struct run **out, struct err *err) {
    struct db_rows *rows;
    struct found found;
    struct str names[3];

    if (!name_split_storage_id(storage_id, "Run:v1:", names, 3, arena))
        return err_set(err, ERR_NOT_FOUND, "run not found");
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(names[0]), DB_TEXT(names[1]), DB_TEXT(names[2])),
                 RUN_COLUMNS
                 "where r.name = $1 and p.name = $2 and lower(e.name) = lower($3) and r.deleted_at is null"
                 " and p.deleted_at is null and e.removed_at is null",
                 err));
    TRY(take_found(rows, arena, &found, err));
    if (found.run == NULL)
        return err_set(err, ERR_NOT_FOUND, "run not found");
    *out = found.run;
    return read_parts(tx, *out, parts, arena, err);
}

enum err_code run_list_ids(struct db_tx *tx, int64_t project_id, int64_t after_id, size_t limit,
                           struct arena *arena, int64_t **out, size_t *count, struct err *err) {
    struct db_rows *rows;

    *out = ARENA_ARRAY(arena, int64_t, limit);
    *count = 0;
    TRY(db_query(
        tx, &rows, DB_ARGS(DB_INT(project_id), DB_INT(after_id), DB_INT((int64_t)limit)),
        "select id from runs where project_id = $1 and id > $2 and deleted_at is null order by id limit $3",
        err));
    while (db_next(rows) && *count < limit)
        (*out)[(*count)++] = db_int(rows, 0);
    return db_end(rows, err);
}
