/* trash.h - what was deleted and can still be brought back: runs, projects, versions and collections of artifacts, reports.
 *
 * A deletion hides its subject at once; what it owned is removed (removal.h) only when the time to keep it is over. Memory:
 * results live in the arena.
 */
#ifndef SERVER_STORE_TRASH_H
#define SERVER_STORE_TRASH_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

/* How long; 0: not at all. For all servers of the database. */
MUST_CHECK enum err_code trash_set_keep(struct db_tx *tx, int64_t keep_ms, struct err *err);

enum trash_kind { TRASH_RUN, TRASH_PROJECT, TRASH_ARTIFACT, TRASH_VIEW, TRASH_COLLECTION };
enum { TRASH_KIND_COUNT = TRASH_COLLECTION + 1 };
const char *trash_kind_name(enum trash_kind kind); /* "run" */

/* Right after the subject was deleted, in the same transaction: what was noted for removal waits. */
MUST_CHECK enum err_code trash_keep(struct db_tx *tx, enum trash_kind kind, int64_t id, int64_t now_ms, struct err *err);
/* Before a version is deleted: its names are kept. */
MUST_CHECK enum err_code trash_save_artifact(struct db_tx *tx, int64_t id, struct err *err);
/* Before a collection is deleted: its row is kept. */
MUST_CHECK enum err_code trash_save_collection(struct db_tx *tx, int64_t id, struct err *err);

struct trash_item {
    struct owner owner; /* project_id 0: of the entity, as projects are */
    enum trash_kind kind;
    int64_t id; /* the subject's */
    struct str name;                                    /* as people see it */
    struct str subject_name, project_name, entity_name; /* as addresses have it */
    int64_t deleted_at, due_at;
    int64_t person_id; /* whose alone it is, as drafts are; 0: nobody's, -1: nobody knows whose */
};
/* Of struct trash_item, last deleted first. project_id 0: of the whole entity, its projects too. */
MUST_CHECK enum err_code trash_list(struct db_tx *tx, int64_t entity_id, int64_t project_id, int64_t now_ms, struct arena *arena,
                                    struct list *out, struct err *err);
/* ERR_NOT_FOUND when it is not (any more) in the trash. */
MUST_CHECK enum err_code trash_find(struct db_tx *tx, enum trash_kind kind, int64_t id, int64_t now_ms, struct arena *arena,
                                    struct trash_item **out, struct err *err);
/* ERR_CONFLICT when its name was taken meanwhile, or what it stood in is gone. */
MUST_CHECK enum err_code trash_restore(struct db_tx *tx, const struct trash_item *item, struct err *err);

struct trash_counts {
    int64_t of_kind[TRASH_KIND_COUNT];
    int64_t file_bytes; /* of its runs' files and its versions' own files, before blobs that others share are left out */
};
MUST_CHECK enum err_code trash_count(struct db_tx *tx, int64_t now_ms, struct trash_counts *out, struct err *err);
/* All of it is due now. */
MUST_CHECK enum err_code trash_empty(struct db_tx *tx, int64_t now_ms, struct err *err);
/* Reports whose time is over; they own nothing else. */
MUST_CHECK enum err_code trash_purge_views(struct db_tx *tx, int64_t now_ms, struct err *err);

#endif
