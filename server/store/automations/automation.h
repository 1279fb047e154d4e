/* automation.h - automations: on which event, in which scope, what is to be called; and what has happened that they may
 * have to look at.
 *
 * Events of artifacts are written down in the transaction of the change, when any automation might want them. Changes of
 * runs are found by the runs' versions. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_AUTOMATION_H
#define SERVER_STORE_AUTOMATION_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum { AUTOMATION_NAME_MAX = 255, AUTOMATION_TEXT_MAX = 1 << 16, AUTOMATIONS_PER_ENTITY_MAX = 1000 };

enum automation_scope { SCOPE_PROJECT, SCOPE_COLLECTION, SCOPE_ENTITY };
const char *automation_scope_name(enum automation_scope scope); /* "PROJECT" */

struct automation {
    struct owner owner; /* project_id 0 for SCOPE_ENTITY */
    int64_t id;
    enum automation_scope scope;
    int64_t scope_id; /* of the project, collection or entity */
    struct str name, description;
    bool is_enabled;
    struct str event_type, event_filter;  /* filter: JSON as it was given */
    struct str action_type, action_config; /* config: JSON of that action's own input */
    int64_t integration_id;                /* 0: none */
    int64_t user_id, created_at, updated_at;
};

/* ERR_CONFLICT when the entity has one of that name; ERR_BAD_INPUT for what is too long. */
MUST_CHECK enum err_code automation_create(struct db_tx *tx, const struct automation *wanted, int64_t now_ms, int64_t *id, struct err *err);
/* All of it anew, but for its id, its entity and who made it. */
MUST_CHECK enum err_code automation_update(struct db_tx *tx, const struct automation *wanted, int64_t now_ms, struct err *err);
MUST_CHECK enum err_code automation_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);
/* ERR_NOT_FOUND "there is no such automation", also when its project was deleted. */
MUST_CHECK enum err_code automation_find(struct db_tx *tx, int64_t id, struct arena *arena, struct automation **out, struct err *err);
/* Of struct automation, newest first. project_id 0: all of the entity. */
MUST_CHECK enum err_code automation_list(struct db_tx *tx, int64_t entity_id, int64_t project_id, struct arena *arena, struct list *out,
                                         struct err *err);
/* Of struct automation: those enabled that concern what happens in the project. */
MUST_CHECK enum err_code automation_list_for(struct db_tx *tx, struct owner owner, struct arena *arena, struct list *out, struct err *err);

/* ---- events of artifacts ---- */

struct automation_event {
    struct owner owner;
    int64_t id, collection_id, artifact_id, created_at;
    struct str type, word; /* word: the alias or tag */
};
/* Kept only where an automation is enabled that may want it. artifact_id may be 0. */
MUST_CHECK enum err_code automation_event_add(struct db_tx *tx, const char *type, int64_t collection_id, int64_t artifact_id,
                                              struct str word, struct err *err);
/* Of struct automation_event, oldest first. */
MUST_CHECK enum err_code automation_event_list(struct db_tx *tx, size_t limit, struct arena *arena, struct list *out, struct err *err);
MUST_CHECK enum err_code automation_event_drop(struct db_tx *tx, int64_t id, bool *was_there, struct err *err);

/* ---- changes of runs ---- */

struct changed_run {
    int64_t id, version, created_at;
    int state;
};
struct changed_project {
    struct owner owner;
    int64_t cursor, version; /* runs of versions above the cursor are to be looked at */
};
/* Of struct changed_project: those with an automation on runs whose runs have changed. */
MUST_CHECK enum err_code automation_changed_projects(struct db_tx *tx, size_t limit, struct arena *arena, struct list *out, struct err *err);
/* Of struct changed_run, by version. */
MUST_CHECK enum err_code automation_changed_runs(struct db_tx *tx, const struct changed_project *project, size_t limit, struct arena *arena,
                                                 struct list *out, struct err *err);
/* Moves the cursor on; *is_moved is false when somebody else has done so since. */
MUST_CHECK enum err_code automation_move_cursor(struct db_tx *tx, const struct changed_project *project, int64_t to, bool *is_moved,
                                                struct err *err);

/* What an automation saw of a run last. */
struct seen_run {
    bool is_known;
    int state;
    bool is_met;
};
MUST_CHECK enum err_code automation_seen_get(struct db_tx *tx, int64_t automation_id, int64_t run_id, struct seen_run *out, struct err *err);
MUST_CHECK enum err_code automation_seen_set(struct db_tx *tx, int64_t automation_id, int64_t run_id, const struct seen_run *seen,
                                             struct err *err);

#endif
