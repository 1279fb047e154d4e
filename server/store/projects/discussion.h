/* discussion.h - what is said about a report: threads, each about some words of it or about the whole, and their comments.
 *
 * A thread lives as long as one of its comments does, and all go with the report. Who hears of a comment is noted beside it:
 * notification.h reads that.
 *
 * Threads: the functions are parts of a transaction. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_DISCUSSION_H
#define SERVER_STORE_DISCUSSION_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

/* Of a report; all of it is read at once. */
enum { DISCUSSION_BODY_MAX = 10000, DISCUSSION_QUOTE_MAX = 2000, DISCUSSION_THREADS_MAX = 500, DISCUSSION_COMMENTS_MAX = 2000 };

struct discussion_comment {
    struct owner owner; /* the report's */
    int64_t id, thread_id, user_id;
    struct str username; /* ptr NULL when that user was removed */
    struct str author;   /* who said it where it was imported from; ptr NULL: it was said here */
    struct str body;
    int64_t created_at, edited_at; /* edited_at 0: never */
};

struct discussion_thread {
    struct owner owner; /* the report's */
    int64_t id, view_id;
    struct str quote;
    int64_t resolved_by, resolved_at; /* 0: it is open */
    int64_t created_at;
    struct list comments; /* of struct discussion_comment, oldest first; none when one thread was looked for */
};

/* Of a report, in the order in which they were begun, with their comments. */
MUST_CHECK enum err_code discussion_list(struct db_tx *tx, int64_t view_id, struct arena *arena, struct list *out, struct err *err);
/* With its comments. ERR_NOT_FOUND "there is no such thread"; the same when its report was deleted. */
MUST_CHECK enum err_code discussion_find(struct db_tx *tx, int64_t thread_id, struct arena *arena, struct discussion_thread **out,
                                         struct err *err);
/* ERR_NOT_FOUND "there is no such comment". */
MUST_CHECK enum err_code discussion_find_comment(struct db_tx *tx, int64_t id, struct arena *arena, struct discussion_comment **out,
                                                 struct err *err);

/* A thread without comments yet: the next thing to do is discussion_say. ERR_CONFLICT when the report has too many. */
MUST_CHECK enum err_code discussion_begin(struct db_tx *tx, int64_t view_id, struct str quote, int64_t now_ms, int64_t *id,
                                          struct err *err);
/* ERR_BAD_INPUT for an empty or too long body; ERR_CONFLICT when the thread has too many. What was resolved is open again. */
MUST_CHECK enum err_code discussion_say(struct db_tx *tx, int64_t thread_id, int64_t user_id, struct str body, int64_t now_ms,
                                        int64_t *id, struct err *err);
/* What was said elsewhere: user_id, author, body, created_at and edited_at of the comment. The thread stays resolved if it is. */
MUST_CHECK enum err_code discussion_add_imported(struct db_tx *tx, int64_t thread_id, const struct discussion_comment *comment,
                                                 struct err *err);
MUST_CHECK enum err_code discussion_set_user(struct db_tx *tx, int64_t comment_id, int64_t user_id, struct err *err);
MUST_CHECK enum err_code discussion_edit(struct db_tx *tx, int64_t comment_id, struct str body, int64_t now_ms, struct err *err);
/* The last one takes its thread along. */
MUST_CHECK enum err_code discussion_delete(struct db_tx *tx, const struct discussion_comment *comment, struct err *err);
/* user_id 0: it is open again. */
MUST_CHECK enum err_code discussion_resolve(struct db_tx *tx, int64_t thread_id, int64_t user_id, int64_t now_ms, struct err *err);
/* The user is to hear of the comment; told twice, it counts once, and by name if one of the two was. */
MUST_CHECK enum err_code discussion_tell(struct db_tx *tx, int64_t comment_id, int64_t user_id, bool is_named, struct err *err);

#endif
