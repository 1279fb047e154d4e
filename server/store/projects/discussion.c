/* discussion.c - see discussion.h. */
#include "server/store/projects/discussion.h"

#include "server/store/accounts/user.h"
#include "server/store/projects/names.h"

/* A thread and a comment of it in each row. */
#define THREAD_SELECT                                                                                                    \
    "select t.id, t.view_id, t.quote, t.resolved_by, t.resolved_at, t.created_at, p.entity_id, p.id,"                    \
    " c.id, c.user_id, u.username, c.body, c.created_at, c.edited_at, c.author"                                          \
    " from discussion_threads t join views v on v.id = t.view_id and v.deleted_at is null"                               \
    " join projects p on p.id = v.project_id and p.deleted_at is null"                                                   \
    " join discussion_comments c on c.thread_id = t.id left join users u on u.id = c.user_id and u.removed_at is null "

static struct discussion_thread *read_thread(const struct db_rows *rows, struct arena *arena) {
    struct discussion_thread *thread = ARENA_NEW(arena, struct discussion_thread);
    *thread = (struct discussion_thread){
        .owner = { .entity_id = db_int(rows, 6), .project_id = db_int(rows, 7) },
        .id = db_int(rows, 0), .view_id = db_int(rows, 1), .quote = db_str(rows, 2, arena),
        .resolved_by = db_int(rows, 3), .resolved_at = db_int(rows, 4), .created_at = db_int(rows, 5),
    };
    return thread;
}

static struct discussion_comment *read_comment(const struct db_rows *rows, struct arena *arena) {
    struct discussion_comment *comment = ARENA_NEW(arena, struct discussion_comment);
    *comment = (struct discussion_comment){
        .owner = { .entity_id = db_int(rows, 6), .project_id = db_int(rows, 7) },
        .id = db_int(rows, 8), .thread_id = db_int(rows, 0), .user_id = db_int(rows, 9), .username = db_str(rows, 10, arena),
        .body = db_str(rows, 11, arena), .created_at = db_int(rows, 12), .edited_at = db_int(rows, 13),
        .author = db_str(rows, 14, arena),
    };
    return comment;
}

static enum err_code read_threads(struct db_rows *rows, struct arena *arena, struct list *out, struct err *err) {
    struct discussion_thread *last = NULL;
    *out = (struct list){ 0 };
    while (db_next(rows)) {
        if (last == NULL || last->id != db_int(rows, 0)) {
            last = read_thread(rows, arena);
            list_add(out, last, arena);
        }
        list_add(&last->comments, read_comment(rows, arena), arena);
    }
    return db_end(rows, err);
}

enum err_code discussion_list(struct db_tx *tx, int64_t view_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(view_id)), THREAD_SELECT "where t.view_id = $1 order by t.created_at, t.id, c.created_at, c.id", err));
    return read_threads(rows, arena, out, err);
}

enum err_code discussion_find(struct db_tx *tx, int64_t thread_id, struct arena *arena, struct discussion_thread **out,
                              struct err *err) {
    struct db_rows *rows;
    struct list found;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(thread_id)), THREAD_SELECT "where t.id = $1 order by c.created_at, c.id", err));
    TRY(read_threads(rows, arena, &found, err));
    *out = found.count > 0 ? found.items[0] : NULL;
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "there is no such thread");
}

enum err_code discussion_find_comment(struct db_tx *tx, int64_t id, struct arena *arena, struct discussion_comment **out,
                                      struct err *err) {
    struct db_rows *rows;
    *out = NULL;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), THREAD_SELECT "where c.id = $1", err));
    while (db_next(rows))
        *out = read_comment(rows, arena);
    TRY(db_end(rows, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "there is no such comment");
}

/* ---- changing ---- */

static enum err_code check_body(struct str body, struct err *err) {
    if (body.len == 0)
        return err_set(err, ERR_BAD_INPUT, "a comment needs words");
    return name_check_text(body, "a comment", DISCUSSION_BODY_MAX, err);
}

enum err_code discussion_begin(struct db_tx *tx, int64_t view_id, struct str quote, int64_t now_ms, int64_t *id, struct err *err) {
    int64_t count;
    TRY(name_check_text(quote, "the quote", DISCUSSION_QUOTE_MAX, err));
    TRY(db_query_int(tx, DB_ARGS(DB_INT(view_id)), "select count(*) from discussion_threads where view_id = $1", &count, err));
    if (count >= DISCUSSION_THREADS_MAX)
        return err_set(err, ERR_CONFLICT, "a report has at most %d threads", DISCUSSION_THREADS_MAX);
    return db_query_int(tx, DB_ARGS(DB_INT(view_id), DB_TEXT(quote.ptr == NULL ? STR_EMPTY : quote), DB_INT(now_ms)),
                        "insert into discussion_threads (view_id, quote, created_at) values ($1, $2, $3) returning id", id, err);
}

static enum err_code check_room(struct db_tx *tx, int64_t thread_id, struct err *err) {
    int64_t count;
    TRY(db_query_int(tx, DB_ARGS(DB_INT(thread_id)),
                     "select count(*) from discussion_comments c join discussion_threads t on t.id = c.thread_id"
                     " where t.view_id = (select s.view_id from discussion_threads s where s.id = $1)",
                     &count, err));
    return count < DISCUSSION_COMMENTS_MAX ? OK : err_set(err, ERR_CONFLICT, "a report has at most %d comments", DISCUSSION_COMMENTS_MAX);
}

enum err_code discussion_say(struct db_tx *tx, int64_t thread_id, int64_t user_id, struct str body, int64_t now_ms, int64_t *id,
                             struct err *err) {
    TRY(check_body(body, err));
    TRY(check_room(tx, thread_id, err));
    TRY(discussion_resolve(tx, thread_id, 0, now_ms, err));
    return db_query_int(tx, DB_ARGS(DB_INT(thread_id), DB_INT(user_id), DB_TEXT(body), DB_INT(now_ms)),
                        "insert into discussion_comments (thread_id, user_id, body, created_at) values ($1, $2, $3, $4) returning id", id, err);
}

enum err_code discussion_add_imported(struct db_tx *tx, int64_t thread_id, const struct discussion_comment *comment, struct err *err) {
    TRY(check_body(comment->body, err));
    TRY(name_check_text(comment->author, "an author's name", USER_NAME_MAX, err));
    TRY(check_room(tx, thread_id, err));
    return db_exec(tx,
                   DB_ARGS(DB_INT(thread_id), DB_INT(comment->user_id), DB_TEXT(comment->author), DB_TEXT(comment->body),
                           DB_INT(comment->created_at), comment->edited_at > 0 ? DB_INT(comment->edited_at) : DB_NULL),
                   "insert into discussion_comments (thread_id, user_id, author, body, created_at, edited_at)"
                   " values ($1, $2, $3, $4, $5, $6)",
                   err);
}

enum err_code discussion_set_user(struct db_tx *tx, int64_t comment_id, int64_t user_id, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(comment_id), DB_INT(user_id)), "update discussion_comments set user_id = $2 where id = $1", err);
}

enum err_code discussion_edit(struct db_tx *tx, int64_t comment_id, struct str body, int64_t now_ms, struct err *err) {
    TRY(check_body(body, err));
    return db_exec(tx, DB_ARGS(DB_INT(comment_id), DB_TEXT(body), DB_INT(now_ms)),
                   "update discussion_comments set body = $2, edited_at = $3 where id = $1", err);
}

enum err_code discussion_delete(struct db_tx *tx, const struct discussion_comment *comment, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(comment->id)), "delete from discussion_comments where id = $1", err));
    return db_exec(tx, DB_ARGS(DB_INT(comment->thread_id)),
                   "delete from discussion_threads where id = $1 and not exists"
                   " (select 1 from discussion_comments c where c.thread_id = discussion_threads.id)",
                   err);
}

enum err_code discussion_resolve(struct db_tx *tx, int64_t thread_id, int64_t user_id, int64_t now_ms, struct err *err) {
    return db_exec(tx,
                   DB_ARGS(DB_INT(thread_id), user_id == 0 ? DB_NULL : DB_INT(user_id), user_id == 0 ? DB_NULL : DB_INT(now_ms)),
                   "update discussion_threads set resolved_by = $2, resolved_at = $3 where id = $1", err);
}

enum err_code discussion_tell(struct db_tx *tx, int64_t comment_id, int64_t user_id, bool is_named, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(user_id), DB_INT(comment_id), DB_INT(is_named)),
                   "insert into discussion_notices (user_id, comment_id, is_named) values ($1, $2, $3)"
                   " on conflict (user_id, comment_id) do update set is_named = case when excluded.is_named > discussion_notices.is_named"
                   " then excluded.is_named else discussion_notices.is_named end",
                   err);
}
