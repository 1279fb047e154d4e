/* automation.c - see automation.h. */
#include "server/store/automations/automation.h"

#include "server/store/projects/names.h"
#include "server/store/runs/run_state.h"

#define AUTOMATION_SELECT                                                                                                \
    "select a.id, a.entity_id, a.project_id, a.scope_type, a.scope_id, a.name, a.description, a.is_enabled,"             \
    " a.event_type, a.event_filter, a.action_type, a.action_config, a.integration_id, a.user_id, a.created_at,"          \
    " a.updated_at from automations a join entities e on e.id = a.entity_id and e.removed_at is null"                    \
    " left join projects p on p.id = a.project_id"                                                                       \
    " where a.deleted_at is null and (a.project_id = 0 or (p.id is not null and p.deleted_at is null)) "

static const char *const scope_names[] = { [SCOPE_PROJECT] = "PROJECT", [SCOPE_COLLECTION] = "ARTIFACT_COLLECTION", [SCOPE_ENTITY] = "ENTITY" };

const char *automation_scope_name(enum automation_scope scope) {
    return scope_names[scope];
}

static enum automation_scope parse_scope(struct str name) {
    enum automation_scope scope = SCOPE_PROJECT;
    while (scope < SCOPE_ENTITY && !str_eq_c(name, scope_names[scope]))
        scope++;
    return scope;
}

static struct automation *read_automation(const struct db_rows *rows, struct arena *arena) {
    struct automation *automation = ARENA_NEW(arena, struct automation);
    automation->id = db_int(rows, 0);
    automation->owner = (struct owner){ db_int(rows, 1), db_int(rows, 2) };
    automation->scope = parse_scope(db_str(rows, 3, arena));
    automation->scope_id = db_int(rows, 4);
    automation->name = db_str(rows, 5, arena);
    automation->description = db_str(rows, 6, arena);
    automation->is_enabled = db_int(rows, 7) != 0;
    automation->event_type = db_str(rows, 8, arena);
    automation->event_filter = db_str(rows, 9, arena);
    automation->action_type = db_str(rows, 10, arena);
    automation->action_config = db_str(rows, 11, arena);
    automation->integration_id = db_int(rows, 12);
    automation->user_id = db_int(rows, 13);
    automation->created_at = db_int(rows, 14);
    automation->updated_at = db_int(rows, 15);
    return automation;
}

static enum err_code take_list(struct db_rows *rows, struct arena *arena, struct list *out, struct err *err) {
    *out = (struct list){ 0 };
    while (db_next(rows))
        list_add(out, read_automation(rows, arena), arena);
    return db_end(rows, err);
}

enum err_code automation_find(struct db_tx *tx, int64_t id, struct arena *arena, struct automation **out, struct err *err) {
    struct db_rows *rows;
    struct list found;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), AUTOMATION_SELECT "and a.id = $1", err));
    TRY(take_list(rows, arena, &found, err));
    *out = found.count == 0 ? NULL : found.items[0];
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "there is no such automation");
}

enum err_code automation_list(struct db_tx *tx, int64_t entity_id, int64_t project_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(entity_id), DB_INT(project_id)),
                 AUTOMATION_SELECT "and a.entity_id = $1 and ($2 = 0 or a.project_id = $2) order by a.id desc", err));
    return take_list(rows, arena, out, err);
}

/* An organisation's automations concern the projects of its teams too. */
enum err_code automation_list_for(struct db_tx *tx, struct owner owner, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(owner.entity_id), DB_INT(owner.project_id)),
                 AUTOMATION_SELECT "and a.is_enabled = 1 and (a.project_id = $2 or (a.project_id = 0 and a.entity_id in"
                                   " (select $1 union select organization_id from entities where id = $1))) order by a.id",
                 err));
    return take_list(rows, arena, out, err);
}

/* ---- changing ---- */

static enum err_code check(struct db_tx *tx, const struct automation *wanted, struct err *err) {
    struct db_rows *rows;
    int64_t total = 0, of_name = 0;
    if (wanted->name.len == 0 || wanted->name.len > AUTOMATION_NAME_MAX)
        return err_set(err, ERR_BAD_INPUT, "an automation's name must have 1 to %d bytes, got %zu", AUTOMATION_NAME_MAX, wanted->name.len);
    TRY(name_check_text(wanted->name, "the automation's name", AUTOMATION_NAME_MAX, err));
    TRY(name_check_text(wanted->description, "the automation's description", AUTOMATION_TEXT_MAX, err));
    TRY(name_check_text(wanted->event_filter, "the event's filter", AUTOMATION_TEXT_MAX, err));
    TRY(name_check_text(wanted->action_config, "the action", AUTOMATION_TEXT_MAX, err));
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(wanted->owner.entity_id), DB_TEXT(wanted->name), DB_INT(wanted->id)),
                 "select count(*), sum(case when name = $2 then 1 else 0 end) from automations"
                 " where entity_id = $1 and id <> $3 and deleted_at is null",
                 err));
    while (db_next(rows)) {
        total = db_int(rows, 0);
        of_name = db_int(rows, 1);
    }
    TRY(db_end(rows, err));
    if (of_name > 0)
        return err_set(err, ERR_CONFLICT, "there is an automation '%.*s' already", STR_ARG(wanted->name));
    return total < AUTOMATIONS_PER_ENTITY_MAX ? OK
                                              : err_set(err, ERR_BAD_INPUT, "an entity has at most %d automations", AUTOMATIONS_PER_ENTITY_MAX);
}

static struct db_value id_or_null(int64_t id) {
    return id > 0 ? DB_INT(id) : DB_NULL;
}

/* Runs that live now count as seen: what they do from here on is news. */
static enum err_code note_live_runs(struct db_tx *tx, const struct automation *automation, int64_t id, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(automation->owner.entity_id), DB_INT(automation->owner.project_id), DB_INT(RUN_RUNNING)),
                   "insert into automation_runs (automation_id, run_id, state, is_met)"
                   " select $1, r.id, r.state, 0 from runs r join projects p on p.id = r.project_id"
                   " where r.state = $4 and r.deleted_at is null and (r.project_id = $3 or ($3 = 0 and p.entity_id in"
                   " (select id from entities where id = $2 or organization_id = $2)))",
                   err);
}

enum err_code automation_create(struct db_tx *tx, const struct automation *wanted, int64_t now_ms, int64_t *id, struct err *err) {
    TRY(check(tx, wanted, err));
    TRY(db_exec(tx,
                DB_ARGS(DB_INT(wanted->owner.entity_id), DB_INT(wanted->owner.project_id), DB_TEXT(str_from_c(scope_names[wanted->scope])),
                        DB_INT(wanted->scope_id), DB_TEXT(wanted->name), DB_TEXT(wanted->description), DB_INT(wanted->is_enabled),
                        DB_TEXT(wanted->event_type), DB_TEXT(wanted->event_filter), DB_TEXT(wanted->action_type),
                        DB_TEXT(wanted->action_config), id_or_null(wanted->integration_id), id_or_null(wanted->user_id), DB_INT(now_ms)),
                "insert into automations (entity_id, project_id, scope_type, scope_id, name, description, is_enabled, event_type,"
                " event_filter, action_type, action_config, integration_id, user_id, created_at, updated_at)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)",
                err));
    TRY(db_query_int(tx, DB_ARGS(DB_INT(wanted->owner.entity_id)), "select max(id) from automations where entity_id = $1", id, err));
    return note_live_runs(tx, wanted, *id, err);
}

enum err_code automation_update(struct db_tx *tx, const struct automation *wanted, int64_t now_ms, struct err *err) {
    TRY(check(tx, wanted, err));
    return db_exec(tx,
                   DB_ARGS(DB_INT(wanted->id), DB_INT(wanted->owner.project_id), DB_TEXT(str_from_c(scope_names[wanted->scope])),
                           DB_INT(wanted->scope_id), DB_TEXT(wanted->name), DB_TEXT(wanted->description), DB_INT(wanted->is_enabled),
                           DB_TEXT(wanted->event_type), DB_TEXT(wanted->event_filter), DB_TEXT(wanted->action_type),
                           DB_TEXT(wanted->action_config), id_or_null(wanted->integration_id), DB_INT(now_ms), DB_INT(wanted->owner.entity_id)),
                   "update automations set project_id = $2, scope_type = $3, scope_id = $4, name = $5, description = $6, is_enabled = $7,"
                   " event_type = $8, event_filter = $9, action_type = $10, action_config = $11, integration_id = $12, updated_at = $13,"
                   " entity_id = $14 where id = $1",
                   err);
}

enum err_code automation_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(id)), "delete from automation_runs where automation_id = $1", err));
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(now_ms)), "update automations set deleted_at = $2 where id = $1", err);
}

/* ---- events of artifacts ---- */

enum err_code automation_event_add(struct db_tx *tx, const char *type, int64_t collection_id, int64_t artifact_id, struct str word,
                                   struct err *err) {
    return db_exec(tx, DB_ARGS(DB_TEXT(str_from_c(type)), DB_INT(collection_id), DB_INT(artifact_id), DB_TEXT(word)),
                   "insert into automation_events (event_type, entity_id, project_id, collection_id, artifact_id, word, created_at)"
                   " select $1, p.entity_id, p.id, c.id, $3, $4, c.updated_at from artifact_collections c"
                   " join projects p on p.id = c.project_id where c.id = $2 and exists"
                   " (select 1 from automations a where a.deleted_at is null and a.is_enabled = 1 and a.event_type = $1)",
                   err);
}

enum err_code automation_event_list(struct db_tx *tx, size_t limit, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT((int64_t)limit)),
                 "select id, event_type, entity_id, project_id, collection_id, artifact_id, word, created_at from automation_events"
                 " order by id limit $1",
                 err));
    while (db_next(rows)) {
        struct automation_event *event = ARENA_NEW(arena, struct automation_event);
        event->id = db_int(rows, 0);
        event->type = db_str(rows, 1, arena);
        event->owner = (struct owner){ db_int(rows, 2), db_int(rows, 3) };
        event->collection_id = db_int(rows, 4);
        event->artifact_id = db_int(rows, 5);
        event->word = db_str(rows, 6, arena);
        event->created_at = db_int(rows, 7);
        list_add(out, event, arena);
    }
    return db_end(rows, err);
}

enum err_code automation_event_drop(struct db_tx *tx, int64_t id, bool *was_there, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(id)), "delete from automation_events where id = $1", err));
    *was_there = db_changed(tx) == 1;
    return OK;
}

/* ---- changes of runs ---- */

enum err_code automation_changed_projects(struct db_tx *tx, size_t limit, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT((int64_t)limit)),
                 "select p.id, p.entity_id, coalesce(c.run_version, 0), p.run_version from projects p"
                 " left join automation_cursors c on c.project_id = p.id where p.id in"
                 " (select a.project_id from automations a where a.deleted_at is null and a.is_enabled = 1 and a.event_type like 'RUN_%'"
                 " and a.project_id <> 0 union select q.id from automations a"
                 " join entities e on e.id = a.entity_id or e.organization_id = a.entity_id join projects q on q.entity_id = e.id"
                 " where a.deleted_at is null and a.is_enabled = 1 and a.event_type like 'RUN_%' and a.project_id = 0)"
                 " and p.deleted_at is null and p.run_version > coalesce(c.run_version, 0) limit $1",
                 err));
    while (db_next(rows)) {
        struct changed_project *project = ARENA_NEW(arena, struct changed_project);
        *project = (struct changed_project){ { db_int(rows, 1), db_int(rows, 0) }, db_int(rows, 2), db_int(rows, 3) };
        list_add(out, project, arena);
    }
    return db_end(rows, err);
}

enum err_code automation_changed_runs(struct db_tx *tx, const struct changed_project *project, size_t limit, struct arena *arena,
                                      struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project->owner.project_id), DB_INT(project->cursor), DB_INT((int64_t)limit)),
                 "select id, version, created_at, state from runs where project_id = $1 and version > $2 and deleted_at is null"
                 " and moved_to is null order by version limit $3",
                 err));
    while (db_next(rows)) {
        struct changed_run *run = ARENA_NEW(arena, struct changed_run);
        *run = (struct changed_run){ db_int(rows, 0), db_int(rows, 1), db_int(rows, 2), (int)db_int(rows, 3) };
        list_add(out, run, arena);
    }
    return db_end(rows, err);
}

enum err_code automation_move_cursor(struct db_tx *tx, const struct changed_project *project, int64_t to, bool *is_moved, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(project->owner.project_id)),
                "insert into automation_cursors (project_id, run_version) values ($1, 0) on conflict (project_id) do nothing", err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(project->owner.project_id), DB_INT(project->cursor), DB_INT(to)),
                "update automation_cursors set run_version = $3 where project_id = $1 and run_version = $2", err));
    *is_moved = db_changed(tx) == 1;
    return OK;
}

enum err_code automation_seen_get(struct db_tx *tx, int64_t automation_id, int64_t run_id, struct seen_run *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct seen_run){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(automation_id), DB_INT(run_id)),
                 "select state, is_met from automation_runs where automation_id = $1 and run_id = $2", err));
    while (db_next(rows))
        *out = (struct seen_run){ true, (int)db_int(rows, 0), db_int(rows, 1) != 0 };
    return db_end(rows, err);
}

enum err_code automation_seen_set(struct db_tx *tx, int64_t automation_id, int64_t run_id, const struct seen_run *seen, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(automation_id), DB_INT(run_id), DB_INT(seen->state), DB_INT(seen->is_met)),
                   "insert into automation_runs (automation_id, run_id, state, is_met) values ($1, $2, $3, $4)"
                   " on conflict (automation_id, run_id) do update set state = excluded.state, is_met = excluded.is_met",
                   err);
}
