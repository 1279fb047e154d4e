/* importing.h - what all parts of an import have in common: where it goes, who brings it, and how what it says of people and
 * times is understood.
 *
 * Threads: belongs to one request. Memory: results live in its arena, until the next thing is taken.
 */
#ifndef SERVER_API_IMPORTING_H
#define SERVER_API_IMPORTING_H

#include "base/json.h"
#include "server/api/access.h"
#include "server/store/projects/project.h"

struct importing {
    struct identity *identity;
    struct arena *arena;
    struct project *project;
    int64_t now_ms;
    int64_t sweep_count, comment_count; /* those that were not there */
    size_t alert_count;                 /* of all runs */
};

/* ISO 8601; 0 when nothing is said. What is to come is not imported: runs would stay alive by it. */
MUST_CHECK enum err_code importing_read_time(const struct importing *importing, const struct json_value *of, struct str member,
                                             int64_t *out, struct err *err);
/* Only an administrator of the server may say that others made something: *out is 0 when somebody else asks, and when nobody of
 * that name may read the project. */
MUST_CHECK enum err_code importing_find_author(struct db_tx *tx, const struct importing *importing, struct str username, int64_t *out,
                                               struct err *err);

/* The objects of a list; none when it is not said. */
struct importing_list {
    const struct json_value *items;
    size_t count;
};
MUST_CHECK enum err_code importing_read_list(const struct json_value *of, struct str member, size_t most, struct importing_list *out,
                                             struct err *err);

#endif
