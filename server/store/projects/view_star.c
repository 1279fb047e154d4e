/* view_star.c - see view_star.h. */
#include "server/store/projects/view_star.h"

enum err_code view_star_set(struct db_tx *tx, int64_t view_id, int64_t user_id, bool is_set, int64_t now_ms, struct err *err) {
    if (is_set)
        return db_exec(tx, DB_ARGS(DB_INT(user_id), DB_INT(view_id), DB_INT(now_ms)),
                       "insert into view_stars (user_id, view_id, created_at) values ($1, $2, $3) on conflict (user_id, view_id) do nothing",
                       err);
    return db_exec(tx, DB_ARGS(DB_INT(user_id), DB_INT(view_id)), "delete from view_stars where user_id = $1 and view_id = $2", err);
}

enum err_code view_star_count(struct db_tx *tx, int64_t view_id, int64_t user_id, int64_t *count, bool *is_own, struct err *err) {
    struct db_rows *rows;
    *count = 0;
    *is_own = false;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(view_id), DB_INT(user_id)),
                 "select count(*), coalesce(max(case when user_id = $2 then 1 else 0 end), 0) from view_stars where view_id = $1", err));
    while (db_next(rows)) {
        *count = db_int(rows, 0);
        *is_own = db_int(rows, 1) != 0;
    }
    return db_end(rows, err);
}

enum err_code view_star_list(struct db_tx *tx, int64_t user_id, size_t limit, struct arena *arena, struct list *out, struct err *err) {
    struct list ids = { 0 };
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(user_id), DB_INT((int64_t)limit)),
                 "select s.view_id from view_stars s join views v on v.id = s.view_id and v.deleted_at is null"
                 " join projects p on p.id = v.project_id and p.deleted_at is null"
                 " where s.user_id = $1 order by s.created_at desc, s.view_id desc limit $2",
                 err));
    while (db_next(rows)) {
        int64_t *id = ARENA_NEW(arena, int64_t);
        *id = db_int(rows, 0);
        list_add(&ids, id, arena);
    }
    TRY(db_end(rows, err));
    for (size_t i = 0; i < ids.count; i++) {
        struct view *view;
        TRY(view_find(tx, *(const int64_t *)ids.items[i], arena, &view, err));
        list_add(out, view, arena);
    }
    return OK;
}
