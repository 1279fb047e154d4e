/* run_columns_links.c - cells of runs that other tables know: their artifacts, and the extremes of their histories. */
#include "server/store/runs/run_columns_links.h"

#include <math.h>

/* ---- artifacts ---- */

/* Links to artifacts do not change the run, so they are read again for each question. Those into private
 * projects of others are left out: a filter must not find out their names. */
#define ARTIFACT_LINKS(table)                                                                                \
    "select l.run_id, c.name, c.name || ':v' || a.version_index,"                                            \
    " e.name || '/' || p.name || '/' || c.name || ':v' || a.version_index"                                   \
    " from " table " l join runs r on r.id = l.run_id join artifacts a on a.id = l.artifact_id"              \
    " join artifact_collections c on c.id = a.collection_id join projects p on p.id = c.project_id"          \
    " join entities e on e.id = p.entity_id"                                                                 \
    " where r.project_id = $1 and a.version_index is not null and (p.id = $1 or p.visibility = 1)"           \
    " order by l.run_id, a.id"

enum { NAMES_PER_ARTIFACT = 3 };

static void add_names(struct run_columns *columns, struct filter_value *cell, const struct db_rows *rows,
                      struct arena *scratch) {
    struct filter_value *items = arena_grow(columns->texts, (void *)cell->items, cell->len,
                                            cell->len + NAMES_PER_ARTIFACT, sizeof(*items));
    for (int i = 0; i < NAMES_PER_ARTIFACT; i++)
        items[cell->len++] = run_columns_keep_text(columns, db_str(rows, 1 + i, scratch));
    cell->items = items;
}

static enum err_code fill_artifacts(struct run_columns *columns, struct db_tx *tx, struct run_column *column,
                                    struct err *err) {
    struct arena *scratch = arena_create();
    struct db_rows *rows;
    enum err_code code;

    for (size_t row = 0; row < columns->row_count; row++)
        column->cells[row] = (struct filter_value){ .type = FILTER_LIST };
    if (column->word == RUN_WORD_INPUTS)
        code =
            db_query(tx, &rows, DB_ARGS(DB_INT(columns->project_id)), ARTIFACT_LINKS("artifact_uses"), err);
    else
        code = db_query(tx, &rows, DB_ARGS(DB_INT(columns->project_id)), ARTIFACT_LINKS("artifact_outputs"),
                        err);
    if (code == OK) {
        while (db_next(rows)) {
            size_t row = run_columns_find_row(columns, db_int(rows, 0));
            if (row < columns->row_count && columns->ids[row] == db_int(rows, 0))
                add_names(columns, &column->cells[row], rows, scratch);
            arena_reset(scratch);
        }
        code = db_end(rows, err);
    }
    arena_destroy(scratch);
    return code;
}

/* ---- extremes ---- */

const struct filter_value run_columns_not_looked_up = { .type = FILTER_OBJECT };

static bool is_unknown(const struct run_columns *columns, const struct run_column *column, size_t row) {
    return column->cells[row].type == run_columns_not_looked_up.type && !columns->is_gone[row];
}

size_t run_columns_find_unknown(const struct run_columns *columns, const struct run_column *column, int64_t *ids) {
    size_t count = 0;
    if (column->word != RUN_WORD_MIN && column->word != RUN_WORD_MAX)
        return 0;
    for (size_t row = 0; row < columns->row_count; row++)
        if (is_unknown(columns, column, row))
            ids[count++] = columns->ids[row];
    return count;
}

/* Those that are far stay as they are, to be looked up by the next question. */
static enum err_code fill_extremes(struct run_columns *columns, struct db_tx *tx, struct run_column *column,
                                   struct err *err) {
    struct arena *scratch = arena_create();
    int64_t *ids = ARENA_ARRAY(scratch, int64_t, columns->row_count + 1);
    size_t *rows = ARENA_ARRAY(scratch, size_t, columns->row_count + 1), count = 0;
    struct run_extremes *extremes = ARENA_ARRAY(scratch, struct run_extremes, columns->row_count + 1);
    enum err_code code = OK;

    for (size_t row = 0; row < columns->row_count; row++) {
        if (!is_unknown(columns, column, row))
            continue;
        ids[count] = columns->ids[row];
        rows[count++] = row;
    }
    if (count > 0 && columns->read_extremes != NULL)
        code = columns->read_extremes(columns->extremes_context, tx, ids, count, column->rest, extremes, err);
    for (size_t i = 0; code == OK && i < count; i++) {
        struct run_extremes found = columns->read_extremes != NULL ? extremes[i] : (struct run_extremes){ .min = NAN, .max = NAN };
        if (found.is_far)
            continue;
        column->cells[rows[i]] = filter_double(column->word == RUN_WORD_MIN ? found.min : found.max);
    }
    arena_destroy(scratch);
    return code;
}

enum err_code run_columns_fill_links(struct run_columns *columns, struct db_tx *tx, struct run_column *const *wanted,
                                     size_t count, struct err *err) {
    for (size_t i = 0; i < count; i++)
        if (wanted[i]->word == RUN_WORD_MIN || wanted[i]->word == RUN_WORD_MAX)
            TRY(fill_extremes(columns, tx, wanted[i], err));
    for (size_t i = 0; i < count; i++)
        if (wanted[i]->word == RUN_WORD_INPUTS || wanted[i]->word == RUN_WORD_OUTPUTS)
            TRY(fill_artifacts(columns, tx, wanted[i], err));
    return OK;
}
