/* view.h - reports, their drafts and saved workspaces: a spec that is kept as it was given, beside its names.
 *
 * A workspace's name is unique among its project's; reports' names are made up by clients and may repeat. Every change
 * counts the version up, so that who saves can say what they had in hand. A deleted view stays, marked, until the
 * trash is emptied.
 *
 * Memory: results live in the arena. A spec may be large and is loaded on its own.
 */
#ifndef SERVER_STORE_VIEW_H
#define SERVER_STORE_VIEW_H

#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

enum { VIEW_NAME_MAX = 256, VIEW_TEXT_MAX = 1 << 16, VIEW_SPEC_MAX = 16 << 20 };

#define VIEW_TYPE_REPORT "runs"
#define VIEW_TYPE_DRAFT "runs/draft"
#define VIEW_TYPE_WORKSPACE "project-view"

struct view {
    struct owner owner; /* the project's */
    int64_t id, parent_id; /* parent_id: of what it is a draft; 0: of nothing */
    struct str type, name, display_name;
    struct str description, created_using, preview_url, cover_url; /* ptr NULL: none */
    bool is_locked; /* only its author and administrators change it */
    bool is_private; /* only its author and administrators see it */
    int64_t user_id, updated_by; /* 0: unknown */
    int64_t version; /* 1 when it was made */
    int64_t created_at, updated_at;
};

/* ERR_NOT_FOUND "there is no such view" when it is not there or was deleted, or its project was. */
MUST_CHECK enum err_code view_find(struct db_tx *tx, int64_t id, struct arena *arena, struct view **out, struct err *err);
/* The saved workspace of that name. */
MUST_CHECK enum err_code view_find_workspace(struct db_tx *tx, int64_t project_id, struct str name, struct arena *arena,
                                             struct view **out, struct err *err);
MUST_CHECK enum err_code view_load_spec(struct db_tx *tx, int64_t id, struct arena *arena, struct str *out, struct err *err);

/* What is to be set; a ptr of NULL, parent_id, is_locked and is_private of -1 leave as it is, or take the default. */
struct view_change {
    struct str type, name, display_name, description, spec, created_using, preview_url, cover_url;
    int64_t parent_id;
    int is_locked, is_private;
    int64_t user_id; /* who changes it */
};
/* ERR_BAD_INPUT for what is too long, no name, no spec, a spec that is not JSON. ERR_CONFLICT when the name is taken. */
MUST_CHECK enum err_code view_create(struct db_tx *tx, int64_t project_id, const struct view_change *change, int64_t now_ms,
                                     int64_t *id, struct err *err);
MUST_CHECK enum err_code view_update(struct db_tx *tx, int64_t id, const struct view_change *change, int64_t now_ms,
                                     struct err *err);
MUST_CHECK enum err_code view_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);
/* With all its drafts. */
MUST_CHECK enum err_code view_delete_drafts(struct db_tx *tx, int64_t parent_id, int64_t now_ms, struct err *err);
MUST_CHECK enum err_code view_count_drafts(struct db_tx *tx, int64_t parent_id, int64_t *out, struct err *err);

/* Which views of a project: empty texts and 0 mean any. Drafts and private views are their author's: others' are left out
 * unless sees_all_drafts. name is looked for among names and display names. */
struct view_query {
    int64_t project_id, parent_id;
    struct str type, name, user_name;
    int64_t asker_id;
    bool sees_all_drafts;
    int64_t after_id; /* newest first: what was made before this one; 0: from the start */
    size_t limit;
};
/* Of struct view. */
MUST_CHECK enum err_code view_list(struct db_tx *tx, const struct view_query *query, struct arena *arena, struct list *out,
                                   struct err *err);
MUST_CHECK enum err_code view_count(struct db_tx *tx, const struct view_query *query, int64_t *out, struct err *err);

#endif
