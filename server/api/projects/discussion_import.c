/* discussion_import.c - see discussion_import.h. */
#include "server/api/projects/discussion_import.h"

#include "server/api/projects/view_type.h"
#include "server/store/projects/discussion.h"

/* Each comment that is there stands for one that is brought: two may have been said in one millisecond. */
static struct discussion_comment *find_said(const struct discussion_thread *thread, const struct discussion_comment *wanted, bool *is_taken) {
    for (size_t i = 0; i < thread->comments.count; i++) {
        struct discussion_comment *there = thread->comments.items[i];
        struct str name = there->author.ptr != NULL ? there->author : there->username;
        if (is_taken[i] || there->created_at != wanted->created_at || !str_eq(name, wanted->author))
            continue;
        is_taken[i] = true;
        return there;
    }
    return NULL;
}

static enum err_code read_comment(const struct importing *importing, const struct json_value *item, struct discussion_comment *out,
                                  struct err *err) {
    struct str author = json_get_str(item, STR("username"));
    /* of an account that was removed there: nobody's name, but not said here either */
    *out = (struct discussion_comment){ .author = author.ptr != NULL ? author : STR_EMPTY, .body = str_trim(json_get_str(item, STR("body"))) };
    TRY(importing_read_time(importing, item, STR("createdAt"), &out->created_at, err));
    if (out->created_at == 0)
        return err_set(err, ERR_BAD_INPUT, "a comment needs its 'createdAt'");
    return importing_read_time(importing, item, STR("editedAt"), &out->edited_at, err);
}

/* What was changed last counts, where whoever brings it may say so: nobody else puts words into another's mouth. */
static enum err_code renew(struct db_tx *tx, const struct identity *identity, const struct discussion_comment *there,
                           const struct discussion_comment *wanted, struct err *err) {
    bool is_theirs = identity->is_admin || there->user_id == identity->user_id;
    if (is_theirs && wanted->edited_at > there->edited_at)
        TRY(discussion_edit(tx, there->id, wanted->body, wanted->edited_at, err));
    if (wanted->user_id != 0 && wanted->user_id != there->user_id)
        TRY(discussion_set_user(tx, there->id, wanted->user_id, err));
    return OK;
}

static enum err_code take_comments(struct db_tx *tx, struct importing *importing, const struct discussion_thread *thread,
                                   const struct importing_list *list, struct err *err) {
    bool *is_taken = ARENA_ARRAY(importing->arena, bool, thread->comments.count + 1);
    for (size_t i = 0; i < list->count; i++) {
        struct discussion_comment wanted;
        TRY(read_comment(importing, &list->items[i], &wanted, err));
        TRY(importing_find_author(tx, importing, wanted.author, &wanted.user_id, err));
        const struct discussion_comment *there = find_said(thread, &wanted, is_taken);
        if (there != NULL) {
            TRY(renew(tx, importing->identity, there, &wanted, err));
            continue;
        }
        if (wanted.user_id == 0)
            wanted.user_id = importing->identity->user_id;
        TRY(discussion_add_imported(tx, thread->id, &wanted, err));
        importing->comment_count++;
    }
    return OK;
}

/* A thread that got new comments is as settled as it was there; otherwise one that was settled here stays so. */
static enum err_code settle(struct db_tx *tx, struct importing *importing, const struct discussion_thread *thread, const struct json_value *item,
                            bool is_changed, struct err *err) {
    int64_t resolved_at, resolver;
    TRY(importing_read_time(importing, item, STR("resolvedAt"), &resolved_at, err));
    if (resolved_at == 0)
        return is_changed && thread->resolved_at != 0 ? discussion_resolve(tx, thread->id, 0, 0, err) : OK;
    if (thread->resolved_at != 0 && !is_changed)
        return OK;
    TRY(importing_find_author(tx, importing, json_get_str(item, STR("resolvedBy")), &resolver, err));
    return discussion_resolve(tx, thread->id, resolver != 0 ? resolver : importing->identity->user_id, resolved_at, err);
}

/* One that is there under the same time and words; a new one has no comments yet. */
static enum err_code find_thread(struct db_tx *tx, struct importing *importing, int64_t view_id, struct list *there, struct str quote,
                                 int64_t created_at, struct discussion_thread **out, struct err *err) {
    for (size_t i = 0; i < there->count; i++) {
        *out = there->items[i];
        if ((*out)->created_at == created_at && str_eq((*out)->quote, quote))
            return OK;
    }
    *out = ARENA_NEW(importing->arena, struct discussion_thread);
    **out = (struct discussion_thread){ .view_id = view_id, .quote = quote, .created_at = created_at };
    list_add(there, *out, importing->arena);
    return discussion_begin(tx, view_id, quote, created_at, &(*out)->id, err);
}

static enum err_code take_thread(struct db_tx *tx, struct importing *importing, int64_t view_id, struct list *there,
                                 const struct json_value *item, struct err *err) {
    struct str quote = json_get_str(item, STR("quote"));
    struct discussion_thread *thread;
    struct importing_list comments;
    int64_t created_at;
    int64_t count_before = importing->comment_count;
    TRY(importing_read_time(importing, item, STR("createdAt"), &created_at, err));
    TRY(importing_read_list(item, STR("comments"), DISCUSSION_COMMENTS_MAX, &comments, err));
    if (created_at == 0 || comments.count == 0)
        return err_set(err, ERR_BAD_INPUT, "a thread needs its 'createdAt' and 'comments'");
    TRY(find_thread(tx, importing, view_id, there, quote.ptr != NULL ? quote : STR_EMPTY, created_at, &thread, err));
    TRY(take_comments(tx, importing, thread, &comments, err));
    return settle(tx, importing, thread, item, importing->comment_count > count_before, err);
}

enum err_code discussion_import(struct db_tx *tx, struct importing *importing, const struct json_value *item, struct err *err) {
    struct importing_list threads;
    struct list there;
    struct view *view;
    TRY(importing_read_list(item, STR("threads"), DISCUSSION_THREADS_MAX, &threads, err));
    TRY(view_find_seen(tx, importing->identity, json_get_str(item, STR("view")), CAN_WRITE, importing->arena, &view, err));
    if (view->owner.project_id != importing->project->id)
        return err_set(err, ERR_NOT_FOUND, "there is no such view");
    TRY(discussion_list(tx, view->id, importing->arena, &there, err));
    for (size_t i = 0; i < threads.count; i++)
        TRY(take_thread(tx, importing, view->id, &there, &threads.items[i], err));
    return OK;
}
