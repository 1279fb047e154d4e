/* project.h - projects: a name inside an entity, whom it is open to, and the counters that its runs share.
 *
 * A deleted project stays as a tombstone: its name may be taken by a new one, and what still sends to the old
 * one is told that it is gone. run_version counts the changes of the project's runs, so that a cache knows
 * what it has not seen.
 *
 * Memory: results live in the arena.
 */
#ifndef SERVER_STORE_PROJECT_H
#define SERVER_STORE_PROJECT_H

#include "server/store/accounts/owner.h"
#include "server/store/accounts/right.h"
#include "server/store/db/db.h"

enum { PROJECT_NAME_MAX = 128, PROJECT_DESCRIPTION_MAX = 1 << 20 };

/* For runs whose client names no project. */
#define PROJECT_NAME_DEFAULT "uncategorized"

/* Numbers are stored: do not change them. */
enum project_visibility {
    PROJECT_PRIVATE = 0, /* for the entity's members */
    PROJECT_PUBLIC = 1,  /* for everybody to read */
};

struct project {
    struct owner owner; /* project_id: its own */
    int64_t id;
    struct str name, entity_name, description; /* description.ptr NULL: none */
    struct str folder;                         /* the folder of projects it stands in; ptr NULL: none */
    enum project_visibility visibility;
    int64_t created_by; /* users.id, 0: unknown */
    int64_t created_at, updated_at;
    int64_t run_version;
};

/* ERR_BAD_INPUT unless it is 1 to PROJECT_NAME_MAX bytes of UTF-8 without control characters and / \ # ? % :
 */
MUST_CHECK enum err_code project_check_name(struct str name, struct err *err);

/* ERR_NOT_FOUND "project 'x' not found"; ERR_GONE when the last one of that name was deleted. */
MUST_CHECK enum err_code project_find(struct db_tx *tx, int64_t entity_id, struct str name,
                                      struct arena *arena, struct project **out, struct err *err);
/* The project of these names and the user's right to it, in one question; *out is NULL when there is none. */
struct project_place {
    struct str entity_name, project_name;
    int64_t user_id;
    bool is_server_admin;
};
MUST_CHECK enum err_code project_find_place(struct db_tx *tx, const struct project_place *place, struct arena *arena,
                                            struct project **out, enum right *right, struct err *err);
MUST_CHECK enum err_code project_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena,
                                            struct project **out, struct err *err);
/* By the name of the entity. */
MUST_CHECK enum err_code project_find_by_names(struct db_tx *tx, struct str entity_name, struct str name,
                                               struct arena *arena, struct project **out, struct err *err);
/* Makes it, private, when there is none (also after one was deleted). */
MUST_CHECK enum err_code project_ensure(struct db_tx *tx, int64_t entity_id, struct str name, int64_t user_id,
                                        int64_t now_ms, struct arena *arena, struct project **out,
                                        bool *is_inserted, struct err *err);

/* What is to change; ptr NULL and -1 leave as it is. */
struct project_change {
    struct str name, description, folder;
    int visibility;
};
#define PROJECT_CHANGE_NONE ((struct project_change){ .visibility = -1 })
/* ERR_CONFLICT when the entity has another project of the new name. */
MUST_CHECK enum err_code project_update(struct db_tx *tx, int64_t id, const struct project_change *change,
                                        int64_t now_ms, struct err *err);

/* Leaves a tombstone: nobody finds the project or anything in it any more; its runs and artifacts are removed later. */
MUST_CHECK enum err_code project_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);

/* Of one entity, newest first; after_id 0 from the start. Fewer than limit when there are no more. */
MUST_CHECK enum err_code project_list(struct db_tx *tx, int64_t entity_id, int64_t after_id, size_t limit,
                                      struct arena *arena, struct project ***out, size_t *count,
                                      struct err *err);

/* Of its runs that are not deleted: looks at all of them. */
MUST_CHECK enum err_code project_count_runs(struct db_tx *tx, int64_t id, int64_t *count, struct err *err);
MUST_CHECK enum err_code project_count(struct db_tx *tx, int64_t entity_id, bool only_public, int64_t *count,
                                       struct err *err);

/* Storage ids, as users keep them: base64 of "Project:v1:<project>:<entity>". */
struct str project_storage_id(const struct project *project, struct arena *arena);
MUST_CHECK enum err_code project_find_by_storage_id(struct db_tx *tx, struct str storage_id,
                                                    struct arena *arena, struct project **out,
                                                    struct err *err);

#endif
