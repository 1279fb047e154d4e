/* run_change.c - making, changing, moving and deleting runs. */
#include "base/hash.h"
#include "base/json.h"
#include "server/store/projects/names.h"
#include "server/store/projects/removal.h"
#include "server/store/runs/run.h"

/* Every change takes a number from the project first; the statement after it gives that to the run. */
#define NEXT_VERSION "(select run_version from projects where id = runs.project_id)"

static enum err_code count_change(struct db_tx *tx, int64_t id, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id)),
                   "update projects set run_version = run_version + 1"
                   " where id = (select project_id from runs where id = $1)",
                   err);
}

/* Of the statement before: the run may have gone since it was looked up. */
static enum err_code check_changed(struct db_tx *tx, struct err *err) {
    return db_changed(tx) == 1 ? OK : err_set(err, ERR_NOT_FOUND, "run not found");
}

/* ---- what a change may hold ---- */

enum err_code run_check_name(struct str name, struct err *err) {
    return name_check(name, "run id", RUN_NAME_MAX, err);
}

static enum err_code check_document(struct str text, const char *what, struct err *err) {
    struct json_reader reader;
    enum json_token token;

    if (text.ptr == NULL)
        return OK;
    if (text.len > RUN_DOCUMENT_MAX)
        return err_set(err, ERR_BAD_INPUT, "%s has %zu bytes: at most %d are allowed", what, text.len,
                       RUN_DOCUMENT_MAX);
    json_reader_init(&reader, text, JSON_EXTENDED);
    token = json_next(&reader);
    if (token != JSON_OBJECT_BEGIN && token != JSON_ERROR)
        return err_set(err, ERR_BAD_INPUT, "%s is not a JSON object", what);
    while (token != JSON_END && token != JSON_ERROR)
        token = json_next(&reader);
    if (token == JSON_ERROR)
        return err_set(err, ERR_BAD_INPUT, "%s is not JSON: at byte %zu: %s", what, reader.offset,
                       reader.message);
    return OK;
}

static enum err_code check_tags(struct str tags, struct err *err) {
    struct arena *arena;
    struct json_value *list;
    enum err_code code;

    if (tags.ptr == NULL)
        return OK;
    if (tags.len > RUN_TEXT_MAX)
        return err_set(err, ERR_BAD_INPUT, "tags have %zu bytes: at most %d are allowed", tags.len,
                       RUN_TEXT_MAX);
    arena = arena_create();
    code = json_parse(&list, tags, JSON_STRICT, arena, err);
    if (code == OK && (list->type != JSON_TYPE_ARRAY || list->array.count > RUN_TAGS_MAX))
        code = err_set(err, ERR_BAD_INPUT, "tags must be a list of at most %d strings", RUN_TAGS_MAX);
    for (size_t i = 0; code == OK && i < list->array.count; i++)
        if (list->array.items[i].type != JSON_TYPE_STRING || list->array.items[i].string.len == 0 ||
            list->array.items[i].string.len > RUN_TAG_BYTES_MAX)
            code = err_set(err, ERR_BAD_INPUT, "tag %zu must be a string of 1 to %d bytes", i,
                           RUN_TAG_BYTES_MAX);
    arena_destroy(arena);
    return code;
}

static enum err_code check_change(const struct run_change *change, enum run_state *state, struct err *err) {
    const struct {
        struct str text;
        const char *what;
    } texts[] = {
        { change->display_name, "display name" },
        { change->description, "description" },
        { change->notes, "notes" },
        { change->group, "group" },
        { change->job_type, "job type" },
        { change->sweep, "sweep" },
        { change->host, "host" },
        { change->program, "program" },
        { change->repo, "repo" },
        { change->commit, "commit" },
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        TRY(name_check_text(texts[i].text, texts[i].what, RUN_TEXT_MAX, err));
    TRY(check_document(change->config, "config", err));
    TRY(check_document(change->summary, "summary", err));
    TRY(check_tags(change->tags, err));
    if (change->state.ptr != NULL && !run_state_parse(state, change->state))
        return err_set(err, ERR_BAD_INPUT, "unknown run state '%.*s'",
                       STR_ARG(str_slice(change->state, 0, 50)));
    return OK;
}

/* ---- making ---- */

static enum err_code insert_run(struct db_tx *tx, int64_t project_id, struct str name, struct str sweep,
                                int64_t user_id, int64_t now_ms, struct arena *arena, struct err *err) {
    struct db_rows *rows;
    struct str display_name;
    int64_t number = 0;
    bool was_used = false;
    uint32_t random;

    TRY(run_check_name(name, err));
    TRY(db_exec(
        tx, DB_ARGS(DB_INT(project_id)),
        "update projects set run_version = run_version + 1, run_number = run_number + 1 where id = $1", err));
    TRY(db_query(
        tx, &rows, DB_ARGS(DB_INT(project_id), DB_TEXT(name)),
        /* Each half has an index of its own. */
        "select run_number, exists (select 1 from runs where project_id = $1 and name = $2 and deleted_at is null)"
        " or exists (select 1 from runs where project_id = $1 and name = $2 and deleted_at is not null) from projects"
        " where id = $1 and deleted_at is null",
        err));
    while (db_next(rows)) {
        number = db_int(rows, 0);
        was_used = db_int(rows, 1) != 0;
    }
    TRY(db_end(rows, err));
    if (number == 0)
        return err_set(err, ERR_NOT_FOUND, "project not found");
    hash_random(&random, sizeof(random));
    display_name = name_make_up(random, number, sweep.len > 0, arena);
    return db_exec(
        tx,
        DB_ARGS(DB_INT(project_id), DB_TEXT(name), DB_TEXT(display_name), DB_INT(RUN_RUNNING),
                user_id > 0 ? DB_INT(user_id) : DB_NULL, DB_INT(now_ms), DB_INT(was_used)),
        "insert into runs (project_id, name, display_name, tags, state, user_id, created_at, updated_at,"
        " heartbeat_at, is_stop_requested, is_debug, is_reused, version)"
        " values ($1, $2, $3, '[]', $4, $5, $6, $6, $6, 0, 0, $7,"
        " (select run_version from projects where id = $1))",
        err);
}

enum err_code run_ensure(struct db_tx *tx, int64_t project_id, struct str name, int64_t user_id,
                         int64_t now_ms, struct arena *arena, struct run **out, bool *is_inserted,
                         struct err *err) {
    enum err_code code = run_find(tx, project_id, name, 0, true, arena, out, err);

    *is_inserted = false;
    if (code != ERR_NOT_FOUND)
        return code;
    TRY(insert_run(tx, project_id, name, STR_EMPTY, user_id, now_ms, arena, err));
    *is_inserted = true;
    return run_find(tx, project_id, name, 0, false, arena, out, err);
}

/* ---- changing ---- */

static enum err_code set_documents(struct db_tx *tx, int64_t id, struct str config, struct str summary,
                                   struct err *err) {
    if (config.ptr != NULL)
        TRY(db_exec(tx, DB_ARGS(DB_INT(id), DB_TEXT(config)),
                    "insert into run_configs (run_id, config) values ($1, $2)"
                    " on conflict (run_id) do update set config = excluded.config",
                    err));
    if (summary.ptr != NULL)
        TRY(db_exec(tx, DB_ARGS(DB_INT(id), DB_TEXT(summary)),
                    "insert into run_summaries (run_id, summary) values ($1, $2)"
                    " on conflict (run_id) do update set summary = excluded.summary",
                    err));
    return OK;
}

/* A run that begins anew is not stopped, and has not ended. */
static enum err_code write_state(struct db_tx *tx, int64_t id, enum run_state from, enum run_state to,
                                 int64_t now_ms, struct err *err) {
    if (from == to)
        return OK;
    if (run_state_is_terminal(to))
        return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(to), DB_INT(now_ms)),
                       "update runs set state = $2, ended_at = $3 where id = $1", err);
    return db_exec(
        tx, DB_ARGS(DB_INT(id), DB_INT(to), DB_INT(run_state_is_terminal(from) || from == RUN_PREEMPTED)),
        "update runs set state = $2, ended_at = null, exit_code = case when $3 = 1 then null else exit_code "
        "end,"
        " is_stop_requested = case when $3 = 1 then 0 else is_stop_requested end where id = $1",
        err);
}

static enum err_code write_change(struct db_tx *tx, const struct run *run, const struct run_change *change,
                                  enum run_state state, int64_t now_ms, struct err *err) {
    TRY(count_change(tx, run->id, err));
    TRY(db_exec(
        tx,
        DB_ARGS(DB_INT(run->id), DB_TEXT(change->display_name), DB_TEXT(change->description),
                DB_TEXT(change->notes), DB_TEXT(change->group), DB_TEXT(change->job_type),
                DB_TEXT(change->sweep), DB_TEXT(change->host), DB_TEXT(change->program),
                DB_TEXT(change->repo), DB_TEXT(change->commit), DB_TEXT(change->tags), DB_INT(now_ms),
                DB_INT(change->is_from_client), DB_INT(change->is_debug)),
        "update runs set display_name = coalesce($2, display_name), description = coalesce($3, description),"
        " notes = coalesce($4, notes), group_name = coalesce($5, group_name), job_type = coalesce($6, "
        "job_type),"
        " sweep = coalesce($7, sweep), host = coalesce($8, host), program = coalesce($9, program),"
        " repo = coalesce($10, repo), commit_hash = coalesce($11, commit_hash), tags = coalesce($12, tags),"
        " updated_at = $13, heartbeat_at = case when $14 = 1 then $13 else heartbeat_at end,"
        " is_debug = case when $15 = 1 then 1 else is_debug end, version = " NEXT_VERSION
        " where id = $1 and deleted_at is null",
        err));
    TRY(check_changed(tx, err));
    TRY(set_documents(tx, run->id, change->config, change->summary, err));
    return write_state(tx, run->id, run->state, state, now_ms, err);
}

static enum run_state state_of_change(const struct run *run, const struct run_change *change,
                                      enum run_state asked) {
    if (change->state.ptr != NULL)
        return asked;
    if (!change->is_from_client)
        return run->state;
    return run_state_after(run->state, change->is_from_helper ? RUN_SENDS : RUN_BEGINS);
}

enum err_code run_upsert(struct db_tx *tx, int64_t project_id, struct str name, int64_t user_id,
                         const struct run_change *change, int64_t now_ms, struct arena *arena,
                         struct run **out, bool *is_inserted, struct err *err) {
    enum run_state asked = RUN_RUNNING;
    enum err_code code;

    *is_inserted = false;
    TRY(check_change(change, &asked, err));
    code = run_find(tx, project_id, name, 0, true, arena, out, err);
    if (code == ERR_NOT_FOUND || code == ERR_GONE) {
        TRY(insert_run(tx, project_id, name, change->sweep, user_id, now_ms, arena, err));
        *is_inserted = true;
        code = run_find(tx, project_id, name, 0, false, arena, out, err);
    }
    if (code != OK)
        return code;
    TRY(write_change(tx, *out, change, state_of_change(*out, change, asked), now_ms, err));
    return run_find_by_id(tx, (*out)->id, RUN_CONFIG | RUN_SUMMARY, arena, out, err);
}

enum err_code run_update(struct db_tx *tx, int64_t id, const struct run_change *change, int64_t now_ms,
                         struct err *err) {
    struct arena *arena = arena_create();
    enum run_state asked = RUN_RUNNING;
    struct run *run;
    enum err_code code = check_change(change, &asked, err);

    if (code == OK)
        code = run_find_by_id(tx, id, 0, arena, &run, err);
    if (code == OK)
        code = write_change(tx, run, change, state_of_change(run, change, asked), now_ms, err);
    arena_destroy(arena);
    return code;
}

/* The little that a stream's every request needs to know. */
static enum err_code read_alive(struct db_tx *tx, int64_t id, enum run_state *state, bool *is_stop_requested,
                                struct err *err) {
    struct db_rows *rows;
    bool is_there = false;

    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)),
                 "select state, is_stop_requested from runs where id = $1 and deleted_at is null", err));
    while (db_next(rows)) {
        *state = (enum run_state)db_int(rows, 0);
        *is_stop_requested = db_int(rows, 1) != 0;
        is_there = true;
    }
    TRY(db_end(rows, err));
    return is_there ? OK : err_set(err, ERR_GONE, "the run was deleted");
}

static enum run_event event_of(const struct run_stream_change *change, bool is_stop_requested) {
    if (change->is_complete && change->exit_code == 0)
        return RUN_ENDS_WELL;
    if (change->is_complete)
        return is_stop_requested ? RUN_ENDS_STOPPED : RUN_ENDS_BADLY;
    return change->is_preempting ? RUN_PREEMPTS : RUN_SENDS;
}

/* One number for each run; within the transaction they may be given in any order. group: the project, value: the time. */
static enum err_code count_heartbeats(struct db_tx *tx, const struct db_closing *items, size_t count, struct err *err) {
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && items[end].group == items[first].group;)
            end++;
        TRY(db_exec(tx, DB_ARGS(DB_INT(items[first].group), DB_INT(end - first)),
                    "update projects set run_version = run_version + $2 where id = $1", err));
        for (size_t i = first; i < end; i++)
            TRY(db_exec(tx, DB_ARGS(DB_INT(items[i].id), DB_INT(items[i].value), DB_INT(end - 1 - i)),
                        "update runs set heartbeat_at = $2, updated_at = $2, version = " NEXT_VERSION " - $3 where id = $1",
                        err));
    }
    return OK;
}

enum err_code run_apply_stream(struct db_tx *tx, const struct run *run, const struct run_stream_change *change,
                               int64_t now_ms, struct run_stream_result *out, struct err *err) {
    struct db_closing heartbeat = { run->owner.project_id, run->id, now_ms };

    *out = (struct run_stream_result){ .is_stop_requested = run->is_stop_requested };
    out->state = run_state_after(run->state, event_of(change, out->is_stop_requested));
    out->is_terminal_now = run_state_is_terminal(out->state) && !run_state_is_terminal(run->state);
    TRY(set_documents(tx, run->id, (struct str){ 0 }, change->summary, err));
    TRY(write_state(tx, run->id, run->state, out->state, now_ms, err));
    if (change->is_complete)
        TRY(db_exec(tx, DB_ARGS(DB_INT(run->id), DB_INT(change->exit_code)),
                    "update runs set exit_code = $2 where id = $1", err));
    return db_at_commit(tx, count_heartbeats, heartbeat, err);
}

enum err_code run_touch(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    TRY(count_change(tx, id, err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(now_ms)),
                "update runs set updated_at = $2, version = " NEXT_VERSION
                " where id = $1 and deleted_at is null",
                err));
    return check_changed(tx, err);
}

enum err_code run_set_state(struct db_tx *tx, int64_t id, enum run_state state, int64_t now_ms,
                            struct err *err) {
    enum run_state before;
    bool is_stop_requested;

    TRY(read_alive(tx, id, &before, &is_stop_requested, err));
    TRY(run_touch(tx, id, now_ms, err));
    return write_state(tx, id, before, state, now_ms, err);
}

enum err_code run_request_stop(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    TRY(run_touch(tx, id, now_ms, err));
    return db_exec(tx, DB_ARGS(DB_INT(id)), "update runs set is_stop_requested = 1 where id = $1", err);
}

enum err_code run_set_fork(struct db_tx *tx, int64_t id, int64_t parent_id, int64_t step, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(parent_id), DB_INT(step)),
                   "update runs set fork_run_id = $2, fork_step = $3 where id = $1", err);
}

enum err_code run_crash_silent(struct db_tx *tx, int64_t silent_since, int64_t now_ms, size_t limit,
                               size_t *count, struct err *err) {
    struct arena *arena = arena_create();
    int64_t *ids = ARENA_ARRAY(arena, int64_t, limit);
    enum run_state *states = ARENA_ARRAY(arena, enum run_state, limit);
    struct db_rows *rows;
    enum err_code code;

    *count = 0;
    code = db_query(
        tx, &rows, DB_ARGS(DB_INT(silent_since), DB_INT((int64_t)limit)),
        "select id, state from runs where state in (1, 2) and deleted_at is null and heartbeat_at < $1"
        " order by heartbeat_at limit $2",
        err);
    if (code != OK)
        goto done;
    while (db_next(rows) && *count < limit) {
        ids[*count] = db_int(rows, 0);
        states[(*count)++] = (enum run_state)db_int(rows, 1);
    }
    code = db_end(rows, err);
    for (size_t i = 0; code == OK && i < *count; i++)
        code = run_set_state(tx, ids[i], run_state_after(states[i], RUN_IS_SILENT), now_ms, err);

done:
    arena_destroy(arena);
    return code;
}

/* ---- moving and deleting ---- */

/* The place stays behind, pointing to where the run is now. */
static enum err_code leave_pointer(struct db_tx *tx, const struct run *run, int64_t now_ms, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(run->owner.project_id)),
                "update projects set run_version = run_version + 1 where id = $1", err));
    return db_exec(
        tx, DB_ARGS(DB_INT(run->owner.project_id), DB_TEXT(run->name), DB_INT(now_ms), DB_INT(run->id)),
        "insert into runs (project_id, name, tags, state, created_at, updated_at, heartbeat_at,"
        " is_stop_requested, is_debug, is_reused, version, deleted_at, moved_to)"
        " values ($1, $2, '[]', 0, $3, $3, $3, 0, 0, 0, (select run_version from projects where id = $1), "
        "$3, $4)",
        err);
}

static enum err_code check_free(struct db_tx *tx, int64_t project_id, struct str name, bool *was_used,
                                struct err *err) {
    struct db_rows *rows;
    bool is_taken = false;

    *was_used = false;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_TEXT(name)),
                 "select deleted_at is null from runs where project_id = $1 and name = $2", err));
    while (db_next(rows)) {
        *was_used = true;
        is_taken = is_taken || db_int(rows, 0) != 0;
    }
    TRY(db_end(rows, err));
    return is_taken ? err_set(err, ERR_CONFLICT, "there is a run '%.*s' already", STR_ARG(name)) : OK;
}

enum err_code run_move(struct db_tx *tx, int64_t id, int64_t project_id, int64_t now_ms, struct err *err) {
    struct arena *arena = arena_create();
    struct run *run;
    bool was_used = false;
    enum err_code code = run_find_by_id(tx, id, 0, arena, &run, err);

    if (code != OK || run->owner.project_id == project_id)
        goto done;
    code = check_free(tx, project_id, run->name, &was_used, err);
    if (code == OK)
        code =
            db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(project_id), DB_INT(was_used)),
                    "update runs set project_id = $2, is_reused = case when $3 = 1 then 1 else is_reused end"
                    " where id = $1",
                    err);
    if (code == OK)
        code = run_touch(tx, id, now_ms, err);
    if (code == OK)
        code = leave_pointer(tx, run, now_ms, err);

done:
    arena_destroy(arena);
    return code;
}

enum err_code run_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    TRY(removal_add(tx, REMOVAL_RUN, id, now_ms, err));
    TRY(count_change(tx, id, err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(now_ms)),
                "update runs set deleted_at = $2, version = " NEXT_VERSION " where id = $1 and deleted_at is null", err));
    return check_changed(tx, err);
}
