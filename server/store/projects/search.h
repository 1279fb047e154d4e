/* search.h - what a person may have meant by a few letters: projects, runs, sweeps, collections of artifacts and reports of the
 * entities that the person belongs to. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_SEARCH_H
#define SERVER_STORE_SEARCH_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum { SEARCH_TEXT_MAX = 256 };

struct search_hit {
    struct owner owner; /* the project */
    int64_t id, created_at;
    struct str kind;  /* "project", "run", "sweep", "artifact", "report" */
    struct str name;  /* as it stands in addresses; of a report its view's */
    struct str title; /* as people call it */
    struct str type;  /* of a collection of artifacts; otherwise ptr NULL */
    struct str entity_name, project_name;
};

/* Of struct search_hit: at most `limit` of each kind, the newest first, whose name or title has the text in it, in capitals or not. The
 * asker still checks the right to read each. Only the newest runs of the server are looked through. ERR_BAD_INPUT for a text of more
 * than SEARCH_TEXT_MAX bytes. */
MUST_CHECK enum err_code search_find(struct db_tx *tx, int64_t user_id, struct str text, size_t limit, struct arena *arena, struct list *out,
                                     struct err *err);

#endif
