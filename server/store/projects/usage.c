/* usage.c - see usage.h. */
#include "server/store/projects/usage.h"

#define PARTS(of_projects)                                                                                              \
    "select r.project_id as project_id, sum(f.size_bytes) as bytes from run_files f join runs r on r.id = f.run_id"     \
    " where r.deleted_at is null and r.project_id " of_projects " group by r.project_id"                                 \
    " union all select project_id, sum(size_bytes) from project_blobs where project_id " of_projects " group by project_id" \
    " union all select r.project_id, sum(s.size_bytes) from history_links l join history_segments s on s.id = l.segment_id" \
    " join runs r on r.id = l.run_id where r.deleted_at is null and r.project_id " of_projects " group by r.project_id"  \
    " union all select r.project_id, sum(h.tail_bytes) from history_runs h join runs r on r.id = h.run_id"              \
    " where r.deleted_at is null and r.project_id " of_projects " group by r.project_id"

enum err_code usage_list(struct db_tx *tx, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_NO_ARGS,
                 "select p.entity_id, p.id, cast(sum(parts.bytes) as bigint), coalesce(p.limit_bytes, 0), e.name, p.name"
                 " from (" PARTS("> 0") ") as parts"
                 " join projects p on p.id = parts.project_id join entities e on e.id = p.entity_id where p.deleted_at is null"
                 " group by p.entity_id, p.id, p.limit_bytes, e.name, p.name order by p.entity_id, p.id",
                 err));
    while (db_next(rows)) {
        struct project_usage *usage = ARENA_NEW(arena, struct project_usage);
        *usage = (struct project_usage){ db_int(rows, 0), db_int(rows, 1), db_int(rows, 2), db_int(rows, 3),
                                         db_str(rows, 4, arena), db_str(rows, 5, arena) };
        list_add(out, usage, arena);
    }
    return db_end(rows, err);
}

enum err_code usage_of_project(struct db_tx *tx, int64_t project_id, int64_t *out, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(project_id)),
                        "select cast(coalesce(sum(parts.bytes), 0) as bigint) from (" PARTS("= $1") ") as parts", out, err);
}

#define OF_ENTITY "in (select id from projects where entity_id = $1 and deleted_at is null)"

enum err_code usage_of_entity(struct db_tx *tx, int64_t entity_id, int64_t *out, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(entity_id)),
                        "select cast(coalesce(sum(parts.bytes), 0) as bigint) from (" PARTS(OF_ENTITY) ") as parts", out, err);
}

/* ---- limits ---- */

enum err_code usage_limit(struct db_tx *tx, int64_t project_id, int64_t *out, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(project_id)), "select coalesce(limit_bytes, 0) from projects where id = $1", out, err);
}

enum err_code usage_set_limit(struct db_tx *tx, int64_t project_id, int64_t limit_bytes, struct err *err) {
    if (limit_bytes < 0)
        return err_set(err, ERR_BAD_INPUT, "a project's limit must be a number of bytes, or 0 for none of its own, got %lld",
                       (long long)limit_bytes);
    return db_exec(tx, DB_ARGS(DB_INT(project_id), limit_bytes == 0 ? DB_NULL : DB_INT(limit_bytes)),
                   "update projects set limit_bytes = $2 where id = $1", err);
}

enum err_code usage_has_limits(struct db_tx *tx, bool *out, struct err *err) {
    int64_t count;
    TRY(db_query_int(tx, DB_NO_ARGS, "select count(*) from projects where limit_bytes is not null and deleted_at is null", &count, err));
    *out = count > 0;
    return OK;
}
