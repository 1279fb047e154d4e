/* search.c - see search.h. */
#include "server/store/projects/search.h"

#include "base/arena.h"
#include "server/store/projects/view.h"

/* What older runs cost nobody: a text that nothing holds would have all of them read. */
#define RUNS_LOOKED_THROUGH "500000"

/* $1 user, $2 how many, $3 the pattern. Both sides as the database knows capitals. */
#define HAS_TEXT(column) "lower(" column ") like lower($3) escape '!'"
#define IS_OF_USER                                                                                                       \
    "(p.entity_id in (select entity_id from members where user_id = $1)"                                                 \
    " or p.entity_id = (select entity_id from users where id = $1))"
#define PLACE "p.entity_id, p.id, e.name, p.name"
#define IN_PROJECT(column)                                                                                               \
    " join projects p on p.id = " column " and p.deleted_at is null join entities e on e.id = p.entity_id where " IS_OF_USER " and "
#define TITLE(table) "coalesce(nullif(" table ".display_name, ''), " table ".name)"

static const char projects_sql[] =
    "select 'project', p.id, p.created_at, p.name, p.name, null, " PLACE " from projects p join entities e on e.id = p.entity_id"
    " where p.deleted_at is null and " IS_OF_USER " and " HAS_TEXT("p.name") " order by p.id desc limit $2";

static const char runs_sql[] =
    "select 'run', r.id, r.created_at, r.name, " TITLE("r") ", null, " PLACE " from runs r" IN_PROJECT("r.project_id")
    " r.id > (select max(id) - " RUNS_LOOKED_THROUGH " from runs) and r.deleted_at is null"
    " and (" HAS_TEXT("r.display_name") " or " HAS_TEXT("r.name") ") order by r.id desc limit $2";

static const char sweeps_sql[] =
    "select 'sweep', s.id, s.created_at, s.name, " TITLE("s") ", null, " PLACE " from sweeps s" IN_PROJECT("s.project_id")
    " s.deleted_at is null and (" HAS_TEXT("s.display_name") " or " HAS_TEXT("s.name") ") order by s.id desc limit $2";

/* Without those that the client makes of each table that is logged. */
static const char artifacts_sql[] =
    "select 'artifact', c.id, c.created_at, c.name, c.name, t.name, " PLACE " from artifact_collections c"
    " join artifact_types t on t.id = c.type_id" IN_PROJECT("c.project_id")
    " t.name not in ('run_table', 'wandb-history') and " HAS_TEXT("c.name") " order by c.id desc limit $2";

static const char reports_sql[] =
    "select 'report', v.id, v.created_at, v.name, " TITLE("v") ", null, " PLACE " from views v" IN_PROJECT("v.project_id")
    " v.deleted_at is null and v.type = '" VIEW_TYPE_REPORT "' and (v.is_private = 0 or v.user_id = $1) and " HAS_TEXT("v.display_name")
    " order by v.id desc limit $2";

static struct str pattern_of(struct str text, struct arena *arena) {
    char *pattern = arena_alloc(arena, 2 * text.len + 2);
    size_t len = 0;
    pattern[len++] = '%';
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '!' || text.ptr[i] == '%' || text.ptr[i] == '_')
            pattern[len++] = '!';
        pattern[len++] = text.ptr[i];
    }
    pattern[len++] = '%';
    return (struct str){ pattern, len };
}

static enum err_code read_rows(struct db_rows *rows, struct arena *arena, struct list *out, struct err *err) {
    while (db_next(rows)) {
        struct search_hit *hit = ARENA_NEW(arena, struct search_hit);
        *hit = (struct search_hit){
            .kind = db_str(rows, 0, arena), .id = db_int(rows, 1), .created_at = db_int(rows, 2),
            .name = db_str(rows, 3, arena), .title = db_str(rows, 4, arena), .type = db_str(rows, 5, arena),
            .owner = { db_int(rows, 6), db_int(rows, 7) },
            .entity_name = db_str(rows, 8, arena), .project_name = db_str(rows, 9, arena),
        };
        list_add(out, hit, arena);
    }
    return db_end(rows, err);
}

enum err_code search_find(struct db_tx *tx, int64_t user_id, struct str text, size_t limit, struct arena *arena, struct list *out,
                          struct err *err) {
    static const char *const sources[] = { projects_sql, runs_sql, sweeps_sql, artifacts_sql, reports_sql };

    *out = (struct list){ 0 };
    if (text.len > SEARCH_TEXT_MAX)
        return err_set(err, ERR_BAD_INPUT, "what is looked for may have at most %d bytes, got %zu", SEARCH_TEXT_MAX, text.len);
    struct str pattern = pattern_of(text, arena);
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        struct db_rows *rows;
        TRY(db_query(tx, &rows, DB_ARGS(DB_INT(user_id), DB_INT((int64_t)limit), DB_TEXT(pattern)), sources[i], err));
        TRY(read_rows(rows, arena, out, err));
    }
    return OK;
}
