/* quota.h - which entities and projects hold as much as they may: what they send is answered with 429 until they have
 * deleted something or are given more.
 *
 * Counted now and then, not with each request: a quota may be passed by what arrives between two looks.
 *
 * Threads: shared by all, guards itself.
 */
#ifndef SERVER_API_QUOTA_H
#define SERVER_API_QUOTA_H

#include "server/api/app.h"
#include "server/store/accounts/owner.h"
#include "base/err.h"

struct quota;

struct quota_limits {
    int64_t entity_bytes, project_bytes; /* 0: as much as the disk holds; a project's own limit goes before */
};
struct quota *quota_create(const struct quota_limits *limits);
void quota_destroy(struct quota *quota); /* NULL is fine */

/* Counts again: little to do when nobody has a limit. */
MUST_CHECK enum err_code quota_count(struct quota *quota, struct app *app, struct err *err);
/* ERR_TOO_MANY when the project or its entity is full. quota may be NULL: nobody is limited. */
MUST_CHECK enum err_code quota_check(struct quota *quota, const struct owner *owner, struct err *err);

/* How many requests of one user may wait for the writer at once: a part of its queue, so that whoever sends more than can be
 * written is told so, and others find room. Enough for ten thousand live runs that come back together, in two tries. */
enum { QUOTA_WAITING_MAX = 8192 };

/* ERR_TOO_MANY when so many of the user's are waiting; otherwise quota_leave belongs to it. quota may be NULL. */
MUST_CHECK enum err_code quota_enter(struct quota *quota, int64_t user_id, struct err *err);
void quota_leave(struct quota *quota, int64_t user_id);

#endif
