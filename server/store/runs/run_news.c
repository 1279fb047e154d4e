/* run_news.c - see run_news.h. */
#include "server/store/runs/run_news.h"

#define LINES_OF(kind) "coalesce((select h.line_count from history_runs h where h.run_id = r.id and h.kind = " kind "), 0)"

enum err_code run_news_version(struct db_tx *tx, int64_t project_id, int64_t *version, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(project_id)), "select run_version from projects where id = $1", version, err);
}

static struct run_news read_row(const struct db_rows *rows, struct arena *arena) {
    return (struct run_news){
        .name = db_str(rows, 0, arena),
        .version = db_int(rows, 1),
        .heartbeat_at = db_int(rows, 2),
        .state = (enum run_state)db_int(rows, 3),
        .is_deleted = !db_is_null(rows, 4),
        .line_count = db_int(rows, 5),
        .event_count = db_int(rows, 6),
        .id = db_int(rows, 7),
    };
}

enum err_code run_news_list(struct db_tx *tx, int64_t project_id, int64_t after, struct str name, size_t limit,
                            struct arena *arena, struct run_news **out, size_t *count, struct err *err) {
    struct db_rows *rows;

    *out = ARENA_ARRAY(arena, struct run_news, limit);
    *count = 0;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_INT(after), DB_TEXT(name), DB_INT((int64_t)limit)),
                 "select r.name, r.version, r.heartbeat_at, r.state, r.deleted_at, " LINES_OF("0") ", " LINES_OF("1") ", r.id"
                 " from runs r where r.project_id = $1 and r.version > $2 and ($3 = '' or r.name = $3)"
                 " order by r.version limit $4",
                 err));
    while (db_next(rows) && *count < limit)
        (*out)[(*count)++] = read_row(rows, arena);
    return db_end(rows, err);
}
