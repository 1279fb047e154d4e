/* custom_chart.c - see custom_chart.h. */
#include "server/store/projects/custom_chart.h"

#include "base/json.h"
#include "server/store/projects/names.h"

#define CHART_SELECT                                                                                                     \
    "select c.id, c.entity_id, e.name, c.name, c.display_name, c.type, c.access, c.user_id, c.created_at,"       \
    " c.updated_at from custom_charts c join entities e on e.id = c.entity_id and e.removed_at is null "

static struct custom_chart *read_chart(const struct db_rows *rows, struct arena *arena) {
    struct custom_chart *chart = ARENA_NEW(arena, struct custom_chart);
    chart->id = db_int(rows, 0);
    chart->owner = (struct owner){ .entity_id = db_int(rows, 1) };
    chart->entity_name = db_str(rows, 2, arena);
    chart->name = db_str(rows, 3, arena);
    chart->display_name = db_str(rows, 4, arena);
    chart->type = db_str(rows, 5, arena);
    chart->is_public = str_eq_c(db_str(rows, 6, arena), "PUBLIC");
    chart->user_id = db_int(rows, 7);
    chart->created_at = db_int(rows, 8);
    chart->updated_at = db_int(rows, 9);
    return chart;
}

static enum err_code take_one(struct db_rows *rows, struct arena *arena, struct custom_chart **out, struct err *err) {
    *out = NULL;
    while (db_next(rows))
        *out = read_chart(rows, arena);
    TRY(db_end(rows, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "there is no such chart");
}

enum err_code custom_chart_find(struct db_tx *tx, int64_t id, struct arena *arena, struct custom_chart **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), CHART_SELECT "where c.id = $1", err));
    return take_one(rows, arena, out, err);
}

enum err_code custom_chart_find_by_name(struct db_tx *tx, int64_t entity_id, struct str name, struct arena *arena,
                                        struct custom_chart **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(entity_id), DB_TEXT(name)), CHART_SELECT "where c.entity_id = $1 and c.name = $2", err));
    return take_one(rows, arena, out, err);
}

enum err_code custom_chart_load_spec(struct db_tx *tx, int64_t id, struct arena *arena, struct str *out, struct err *err) {
    struct db_rows *rows;
    *out = STR_EMPTY;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), "select spec from custom_charts where id = $1", err));
    while (db_next(rows))
        *out = db_str(rows, 0, arena);
    return db_end(rows, err);
}

enum err_code custom_chart_list(struct db_tx *tx, int64_t entity_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(entity_id)), CHART_SELECT "where c.entity_id = $1 order by c.name", err));
    while (db_next(rows))
        list_add(out, read_chart(rows, arena), arena);
    return db_end(rows, err);
}

static enum err_code check(const struct custom_chart *chart, struct err *err) {
    struct json_reader reader;
    enum json_token token;
    TRY(name_check(chart->name, "the chart's name", CUSTOM_CHART_NAME_MAX, err));
    TRY(name_check_text(chart->display_name, "the chart's display name", CUSTOM_CHART_NAME_MAX, err));
    TRY(name_check_text(chart->type, "the chart's type", CUSTOM_CHART_NAME_MAX, err));
    TRY(name_check_text(chart->spec, "the chart's spec", CUSTOM_CHART_SPEC_MAX, err));
    json_reader_init(&reader, chart->spec, JSON_EXTENDED);
    while ((token = json_next(&reader)) != JSON_END)
        if (token == JSON_ERROR)
            return err_set(err, ERR_BAD_INPUT, "the chart's spec is not JSON: at byte %zu: %s", reader.offset, reader.message);
    return OK;
}

static enum err_code check_room(struct db_tx *tx, const struct custom_chart *chart, struct err *err) {
    struct db_rows *rows;
    int64_t others = 0;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(chart->owner.entity_id), DB_TEXT(chart->name)),
                 "select count(*) from custom_charts where entity_id = $1 and name <> $2", err));
    while (db_next(rows))
        others = db_int(rows, 0);
    TRY(db_end(rows, err));
    if (others >= CUSTOM_CHARTS_PER_ENTITY_MAX)
        return err_set(err, ERR_BAD_INPUT, "an entity has at most %d charts of its own", CUSTOM_CHARTS_PER_ENTITY_MAX);
    return OK;
}

enum err_code custom_chart_save(struct db_tx *tx, const struct custom_chart *chart, int64_t now_ms, int64_t *id, struct err *err) {
    TRY(check(chart, err));
    TRY(check_room(tx, chart, err));
    TRY(db_exec(tx,
                DB_ARGS(DB_INT(chart->owner.entity_id), DB_TEXT(chart->name), DB_TEXT(chart->display_name), DB_TEXT(chart->type),
                        DB_TEXT(chart->is_public ? STR("PUBLIC") : STR("PRIVATE")), DB_TEXT(chart->spec), DB_INT(chart->user_id),
                        DB_INT(now_ms)),
                "insert into custom_charts (entity_id, name, display_name, type, access, spec, user_id, created_at, updated_at)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $8) on conflict (entity_id, name) do update set"
                " display_name = excluded.display_name, type = excluded.type, access = excluded.access, spec = excluded.spec,"
                " updated_at = excluded.updated_at",
                err));
    return db_query_int(tx, DB_ARGS(DB_INT(chart->owner.entity_id), DB_TEXT(chart->name)),
                        "select id from custom_charts where entity_id = $1 and name = $2", id, err);
}
