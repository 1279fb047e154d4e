/* usage.c - see usage.h. */
#include "server/store/usage.h"

#define PARTS                                                                                                            \
    "select r.project_id as project_id, sum(f.size_bytes) as bytes from run_files f join runs r on r.id = f.run_id"     \
    " where r.deleted_at is null group by r.project_id"                                                                  \
    " union all select project_id, sum(size_bytes) from project_blobs group by project_id"                               \
    " union all select r.project_id, sum(s.size_bytes) from history_links l join history_segments s on s.id = l.segment_id" \
    " join runs r on r.id = l.run_id where r.deleted_at is null group by r.project_id"                                   \
    " union all select r.project_id, sum(h.tail_bytes) from history_runs h join runs r on r.id = h.run_id"              \
    " where r.deleted_at is null group by r.project_id"

enum err_code usage_list(struct db_tx *tx, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_NO_ARGS,
                 "select p.entity_id, p.id, cast(sum(parts.bytes) as bigint) from (" PARTS ") as parts"
                 " join projects p on p.id = parts.project_id where p.deleted_at is null"
                 " group by p.entity_id, p.id order by p.entity_id, p.id",
                 err));
    while (db_next(rows)) {
        struct project_usage *usage = ARENA_NEW(arena, struct project_usage);
        *usage = (struct project_usage){ db_int(rows, 0), db_int(rows, 1), db_int(rows, 2) };
        list_add(out, usage, arena);
    }
    return db_end(rows, err);
}
