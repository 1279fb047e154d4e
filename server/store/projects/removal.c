/* removal.c - see removal.h. */
#include "server/store/projects/removal.h"

#include "server/store/artifacts/artifact.h"
#include "server/store/runs/history_store.h"
#include "server/store/runs/run.h"

/* Hiding one thing takes about so many statements: so many fewer of them make a portion. */
enum { STATEMENTS_PER_MARK = 10, HISTORY_KINDS = 2 };

/* A portion: how much may still be done, and for what. */
struct portion {
    struct db_tx *tx;
    int64_t subject_id, now_ms;
    int64_t left; /* rows; a step that stops at 0 is not done */
    struct arena *arena;
};

/* Takes what it can; done when something is left of the portion. */
typedef enum err_code removal_step(struct portion *portion, struct err *err);

enum err_code removal_add(struct db_tx *tx, enum removal_kind kind, int64_t subject_id, int64_t now_ms, struct err *err) {
    static const char *const names[] = { "run", "project", "collection", "artifact", "draft" };
    return db_exec(tx, DB_ARGS(DB_TEXT(str_from_c(names[kind])), DB_INT(subject_id), DB_INT(now_ms)),
                   "insert into removals (kind, subject_id, begun_at) values ($1, $2, $3)", err);
}

/* Parameters: the subject's id and how many rows at most. */
static enum err_code remove_rows(struct portion *portion, const char *const *statements, size_t count, struct err *err) {
    for (size_t i = 0; i < count && portion->left > 0; i++) {
        TRY(db_exec(portion->tx, DB_ARGS(DB_INT(portion->subject_id), DB_INT(portion->left)), statements[i], err));
        portion->left -= db_changed(portion->tx);
    }
    return OK;
}
#define REMOVE_ROWS(portion, statements, err) remove_rows(portion, statements, sizeof(statements) / sizeof((statements)[0]), err)
#define SOME_OF(table, owner, key)                                                                                       \
    "delete from " table " where " owner " = $1 and (" key ") in (select " key " from " table " where " owner " = $1 limit $2)"

static enum err_code list_ids(struct portion *portion, const char *sql, int64_t **out, size_t *count, struct err *err) {
    int64_t max = portion->left / STATEMENTS_PER_MARK + 1;
    struct db_rows *rows;
    *out = ARENA_ARRAY(portion->arena, int64_t, (size_t)max);
    *count = 0;
    TRY(db_query(portion->tx, &rows, DB_ARGS(DB_INT(portion->subject_id), DB_INT(max)), sql, err));
    while (*count < (size_t)max && db_next(rows))
        (*out)[(*count)++] = db_int(rows, 0);
    return db_end(rows, err);
}

/* ---- runs ---- */

static enum err_code remove_run(struct portion *portion, struct err *err) {
    static const char *const statements[] = {
        SOME_OF("run_files", "run_id", "id"),
        SOME_OF("console_lines", "run_id", "stream, number"),
        SOME_OF("set_aside_lines", "run_id", "id"),
        SOME_OF("run_alerts", "run_id", "id"),
        SOME_OF("artifact_outputs", "run_id", "artifact_id"),
        SOME_OF("artifact_uses", "run_id", "artifact_id"),
        /* Asked by automation, as the table's key begins: they are few, a run's row of each is one. */
        "delete from automation_runs where run_id = $1 and automation_id in (select a.id from automations a"
        " join automation_runs r on r.automation_id = a.id where r.run_id = $1 limit $2)",
        SOME_OF("stream_receipts", "run_id", "run_id"),
        SOME_OF("run_configs", "run_id", "run_id"),
        SOME_OF("run_summaries", "run_id", "run_id"),
    };
    TRY(db_exec(portion->tx, DB_ARGS(DB_INT(portion->subject_id)),
                "update runs set tags = '[]', notes = null, description = null where id = $1", err));
    for (int64_t kind = 0; kind < HISTORY_KINDS && portion->left > 0; kind++) {
        int64_t removed;
        TRY(history_store_delete_some(portion->tx, (struct history_id){ portion->subject_id, kind }, portion->left, portion->now_ms,
                                      &removed, err));
        portion->left -= removed;
    }
    return REMOVE_ROWS(portion, statements, err);
}

/* ---- artifacts ---- */

static enum err_code remove_draft(struct portion *portion, struct err *err) {
    static const char *const statements[] = {
        SOME_OF("artifact_uploads", "artifact_id", "path"),
        SOME_OF("artifact_manifests", "artifact_id", "id"),
    };
    return REMOVE_ROWS(portion, statements, err);
}

static enum err_code list_files(struct portion *portion, struct list *blobs, struct str *last_path, size_t *count, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(portion->tx, &rows, DB_ARGS(DB_INT(portion->subject_id), DB_INT(portion->left / 2 + 1)),
                 "select path, sha256 from artifact_files where artifact_id = $1 order by path limit $2", err));
    for (*count = 0; db_next(rows); (*count)++) {
        struct str *sha256 = ARENA_NEW(portion->arena, struct str);
        *last_path = db_str(rows, 0, portion->arena);
        *sha256 = db_str(rows, 1, portion->arena);
        if (sha256->ptr != NULL)
            list_add(blobs, sha256, portion->arena);
    }
    return db_end(rows, err);
}

/* Bytes that no version of the project holds any more are not the project's to hand out any more. Drafts that were told
 * to send nothing hold them by themselves. */
static enum err_code unlink_blob(struct portion *portion, struct str sha256, struct err *err) {
    portion->left--;
    return db_exec(portion->tx, DB_ARGS(DB_INT(portion->subject_id), DB_BLOB(sha256)),
                   "delete from project_blobs where sha256 = $2 and project_id = (select project_id from artifacts where id = $1)"
                   " and not exists (select 1 from artifact_files f join artifacts a on a.id = f.artifact_id"
                   " where f.sha256 = $2 and a.project_id = project_blobs.project_id)",
                   err);
}

static enum err_code remove_files(struct portion *portion, struct err *err) {
    struct list blobs = { 0 };
    struct str last_path = STR_EMPTY;
    size_t count;

    TRY(list_files(portion, &blobs, &last_path, &count, err));
    if (count == 0)
        return OK;
    TRY(db_exec(portion->tx, DB_ARGS(DB_INT(portion->subject_id), DB_TEXT(last_path)),
                "delete from artifact_files where artifact_id = $1 and path <= $2", err));
    bool is_last = count < (size_t)(portion->left / 2 + 1);
    portion->left -= (int64_t)count;
    for (size_t i = 0; i < blobs.count; i++)
        TRY(unlink_blob(portion, *(const struct str *)blobs.items[i], err));
    if (!is_last)
        portion->left = 0;
    return OK;
}

static enum err_code remove_artifact(struct portion *portion, struct err *err) {
    static const char *const statements[] = {
        SOME_OF("artifact_manifest_blobs", "artifact_id", "artifact_id"),
        SOME_OF("artifact_references", "artifact_id", "target_id"),
        SOME_OF("artifact_outputs", "artifact_id", "run_id"),
        SOME_OF("artifact_uses", "artifact_id", "run_id"),
        SOME_OF("artifact_events", "artifact_id", "id"),
        SOME_OF("trashed_memberships", "artifact_id", "collection_id"),
        SOME_OF("trashed_aliases", "artifact_id", "collection_id, alias"),
        SOME_OF("trashed_tags", "artifact_id", "tag"),
        SOME_OF("trashed_client_ids", "artifact_id", "client_id"),
    };
    TRY(remove_files(portion, err));
    TRY(remove_draft(portion, err));
    return REMOVE_ROWS(portion, statements, err);
}

/* ---- what holds others: these are hidden and noted in turn ---- */

typedef enum err_code hide_one(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);

static enum err_code hide_members(struct portion *portion, const char *sql, hide_one *hide, struct err *err) {
    int64_t *ids;
    size_t count;

    if (portion->left <= 0)
        return OK;
    TRY(list_ids(portion, sql, &ids, &count, err));
    for (size_t i = 0; i < count; i++, portion->left -= STATEMENTS_PER_MARK)
        TRY(hide(portion->tx, ids[i], portion->now_ms, err));
    return OK;
}

static enum err_code remove_collection(struct portion *portion, struct err *err) {
    static const char *const statements[] = {
        SOME_OF("artifact_aliases", "collection_id", "id"),
        SOME_OF("artifact_memberships", "collection_id", "id"),
        SOME_OF("collection_tags", "collection_id", "tag"),
        SOME_OF("trashed_collections", "id", "id"),
    };
    TRY(hide_members(portion, "select id from artifacts where collection_id = $1 and state <> 'DELETED' limit $2", artifact_delete, err));
    return REMOVE_ROWS(portion, statements, err);
}

#define SOME_OF_SWEEPS(table)                                                                                             \
    "delete from " table " where id in (select c.id from " table " c join sweeps s on s.id = c.sweep_id"                \
    " where s.project_id = $1 limit $2)"

static enum err_code hide_run(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    return run_delete(tx, id, now_ms, err);
}

static enum err_code remove_project(struct portion *portion, struct err *err) {
    static const char *const statements[] = {
        SOME_OF("project_blobs", "project_id", "md5"),
        SOME_OF("artifact_types", "project_id", "id"),
        SOME_OF("project_members", "project_id", "id"),
        SOME_OF("protected_aliases", "project_id", "alias"),
        SOME_OF("views", "project_id", "id"),
        SOME_OF("share_links", "project_id", "id"),
        SOME_OF("deliveries", "project_id", "id"),
        SOME_OF("alert_settings", "project_id", "user_id"),
        SOME_OF("automation_cursors", "project_id", "project_id"),
        SOME_OF("automation_events", "project_id", "id"),
        "delete from automation_runs where (automation_id, run_id) in (select r.automation_id, r.run_id from automation_runs r join automations a"
        " on a.id = r.automation_id where a.project_id = $1 limit $2)",
        SOME_OF("automations", "project_id", "id"),
        SOME_OF_SWEEPS("sweep_agents"),
        SOME_OF_SWEEPS("sweep_runs"),
        SOME_OF("sweeps", "project_id", "id"),
    };
    TRY(db_exec(portion->tx, DB_ARGS(DB_INT(portion->subject_id)), "update projects set description = null where id = $1", err));
    TRY(hide_members(portion, "select id from runs where project_id = $1 and deleted_at is null limit $2", hide_run, err));
    TRY(hide_members(portion, "select id from artifact_collections where project_id = $1 limit $2", collection_delete, err));
    return REMOVE_ROWS(portion, statements, err);
}

/* ---- the work ---- */

static const struct {
    const char *name;
    removal_step *step;
} kinds[] = {
    { "artifact", remove_artifact },
    { "collection", remove_collection },
    { "draft", remove_draft },
    { "project", remove_project },
    { "run", remove_run },
};

static removal_step *find_step(struct str kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (str_eq_c(kind, kinds[i].name))
            return kinds[i].step;
    return NULL;
}

/* What lies in the trash is not due yet. */
static enum err_code find_oldest(struct portion *portion, int64_t *id, struct str *kind, struct err *err) {
    struct db_rows *rows;
    *id = 0;
    TRY(db_query(portion->tx, &rows, DB_ARGS(DB_INT(portion->now_ms)),
                 "select id, kind, subject_id from removals where due_at <= $1 order by id limit 1", err));
    if (db_next(rows)) {
        *id = db_int(rows, 0);
        *kind = db_str(rows, 1, portion->arena);
        portion->subject_id = db_int(rows, 2);
    }
    return db_end(rows, err);
}

static enum err_code work(struct portion *portion, bool *is_idle, struct err *err) {
    struct str kind = STR_EMPTY;
    int64_t id;

    TRY(find_oldest(portion, &id, &kind, err));
    *is_idle = id == 0;
    if (*is_idle)
        return OK;
    removal_step *step = find_step(kind);
    if (step == NULL)
        return err_set(err, ERR_CORRUPT, "the removal %lld is of an unknown kind '%.*s'", (long long)id, STR_ARG(kind));
    TRY(step(portion, err));
    return portion->left > 0 ? db_exec(portion->tx, DB_ARGS(DB_INT(id)), "delete from removals where id = $1", err) : OK;
}

enum err_code removal_work(struct db_tx *tx, int64_t max_rows, int64_t now_ms, bool *is_idle, struct err *err) {
    struct portion portion = { .tx = tx, .now_ms = now_ms, .left = max_rows, .arena = arena_create() };
    enum err_code code = work(&portion, is_idle, err);
    arena_destroy(portion.arena);
    return code;
}

enum err_code removal_count(struct db_tx *tx, int64_t *count, struct err *err) {
    struct db_rows *rows;
    *count = 0;
    TRY(db_query(tx, &rows, DB_NO_ARGS, "select count(*) from removals", err));
    if (db_next(rows))
        *count = db_int(rows, 0);
    return db_end(rows, err);
}
