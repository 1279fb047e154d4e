/* run_columns.h - one project's columns: filled from SQL, kept current. Private to run_table.c and its test.
 *
 * Threads: the caller holds the table's lock. Memory: the struct's own; run_columns_finish.
 */
#ifndef SERVER_STORE_RUN_COLUMNS_H
#define SERVER_STORE_RUN_COLUMNS_H

#include "base/map.h"
#include "server/store/db/db.h"
#include "server/store/runs/run_extremes.h"
#include "server/store/runs/run_filter.h"

enum { RUN_COLUMNS_MAX = 256 };

struct run_column {
    enum run_word word;
    struct str rest; /* a path, or a tag */
    struct str
        plain; /* rest without its ".value": "lr.value" is config's key lr as well; ptr NULL: the same */
    struct filter_value *cells;
};

struct run_columns {
    int64_t project_id;
    int64_t version; /* of the newest run seen; -1: nothing was read yet */
    int64_t *ids;    /* ascending */
    bool *is_gone;   /* deleted or moved away: the row stays until the next rebuild */
    size_t row_count, row_cap, gone_count;
    struct run_column columns[RUN_COLUMNS_MAX];
    size_t column_count;
    struct arena *texts;
    struct map *interned;
    size_t fresh_bytes; /* of texts, when they were last without garbage */
    run_extremes_read *read_extremes; /* NULL: there are none */
    void *extremes_context;
};

void run_columns_init(struct run_columns *columns, int64_t project_id);
void run_columns_finish(struct run_columns *columns);
size_t run_columns_bytes(const struct run_columns *columns);

/* Reads what changed, and makes the columns of `keys`, which it gives in their order. max_bytes: above it,
 * columns that are not in keys are dropped. */
MUST_CHECK enum err_code run_columns_refresh(struct run_columns *columns, struct db_tx *tx,
                                             const struct filter_keys *keys, size_t max_bytes,
                                             struct run_column **out, struct err *err);
/* After a refresh: the runs whose extremes are not known, because they lie in a bucket. ids: room for all rows. */
size_t run_columns_find_unknown(const struct run_columns *columns, const struct run_column *column, int64_t *ids);

#endif
