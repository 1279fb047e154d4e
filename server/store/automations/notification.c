/* notification.c - see notification.h. */
#include "server/store/automations/notification.h"

/* What older alerts and deliveries cost nobody: the search ends here, whoever asks, or before, when it has found enough. Far
 * enough back that those whose runs alert all day hide nobody else's. */
#define NEWEST_OF(table) "(select max(id) - 50000 from " table ")"
#define TEXT_MAX "2000"

#define IS_OF_USER                                                                                                       \
    "(r.user_id = $1 or p.entity_id in (select entity_id from members where user_id = $1)"                               \
    " or p.entity_id = (select entity_id from users where id = $1))"
#define PLACE_OF_RUN PLACE ", r.name, r.display_name, 0, null"
#define PLACE "p.entity_id, p.id, e.name, p.name"

static const char alerts_sql[] =
    "select 'alert', a.id, a.created_at, a.title, substr(a.text, 1, " TEXT_MAX "), a.severity, " PLACE_OF_RUN
    " from run_alerts a join runs r on r.id = a.run_id and r.deleted_at is null"
    " join projects p on p.id = r.project_id and p.deleted_at is null join entities e on e.id = p.entity_id"
    " where a.id > " NEWEST_OF("run_alerts") " and a.is_imported = 0 and " IS_OF_USER " order by a.id desc limit $2";

static const char automations_sql[] =
    "select 'automation', d.id, d.created_at, coalesce(m.name, d.subject), coalesce(d.error, ''), d.state, " PLACE_OF_RUN
    " from deliveries d join projects p on p.id = d.project_id and p.deleted_at is null join entities e on e.id = p.entity_id"
    " left join runs r on r.id = d.run_id and r.deleted_at is null left join automations m on m.id = d.automation_id"
    " where d.id > " NEWEST_OF("deliveries") " and d.kind = 'automation' and " IS_OF_USER " order by d.id desc limit $2";

static const char comments_sql[] =
    "select 'comment', c.id, c.created_at, coalesce(nullif(v.display_name, ''), v.name), substr(c.body, 1, " TEXT_MAX "),"
    " case when n.is_named = 1 then 'MENTION' else 'REPLY' end, " PLACE ", null, null, v.id, u.username"
    " from discussion_notices n join discussion_comments c on c.id = n.comment_id join discussion_threads t on t.id = c.thread_id"
    " join views v on v.id = t.view_id and v.deleted_at is null join projects p on p.id = v.project_id and p.deleted_at is null"
    " join entities e on e.id = p.entity_id join users u on u.id = c.user_id"
    " where n.user_id = $1 order by c.id desc limit $2";

static enum err_code read_rows(struct db_rows *rows, struct arena *arena, struct list *out, struct err *err) {
    while (db_next(rows)) {
        struct notification *n = ARENA_NEW(arena, struct notification);
        *n = (struct notification){
            .kind = db_str(rows, 0, arena), .id = db_int(rows, 1), .created_at = db_int(rows, 2),
            .title = db_str(rows, 3, arena), .text = db_str(rows, 4, arena), .level = db_str(rows, 5, arena),
            .owner = { db_int(rows, 6), db_int(rows, 7) },
            .entity_name = db_str(rows, 8, arena), .project_name = db_str(rows, 9, arena),
            .run_name = db_str(rows, 10, arena), .run_display_name = db_str(rows, 11, arena),
            .view_id = db_int(rows, 12), .username = db_str(rows, 13, arena),
        };
        list_add(out, n, arena);
    }
    return db_end(rows, err);
}

/* Both lists are in order already. */
static void merge(const struct list *a, const struct list *b, size_t limit, struct arena *arena, struct list *out) {
    size_t i = 0, k = 0;
    while (out->count < limit && (i < a->count || k < b->count)) {
        const struct notification *x = i < a->count ? a->items[i] : NULL, *y = k < b->count ? b->items[k] : NULL;
        bool takes_first = y == NULL || (x != NULL && x->created_at >= y->created_at);
        list_add(out, takes_first ? a->items[i++] : b->items[k++], arena);
    }
}

enum err_code notification_list(struct db_tx *tx, int64_t user_id, size_t limit, struct arena *arena, struct list *out, struct err *err) {
    static const char *const sources[] = { alerts_sql, automations_sql, comments_sql };

    *out = (struct list){ 0 };
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        struct list found = { 0 }, merged = { 0 };
        struct db_rows *rows;
        TRY(db_query(tx, &rows, DB_ARGS(DB_INT(user_id), DB_INT((int64_t)limit)), sources[i], err));
        TRY(read_rows(rows, arena, &found, err));
        merge(out, &found, limit, arena, &merged);
        *out = merged;
    }
    return OK;
}
