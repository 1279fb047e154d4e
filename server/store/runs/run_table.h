/* run_table.h - the runs of a project as columns in memory, so that 100,000 of them are filtered and sorted
 * while a person waits.
 *
 * A column is made when somebody first filters or sorts by its key: one pass over the project's runs. After
 * that it is kept current: each question first reads the runs whose version is newer than the newest one
 * seen. So answers are never older than the snapshot they begin with, and a question over unchanged runs
 * reads nothing.
 *
 * Memory is bounded: when the tables together are larger than the limit, the projects that were asked for
 * longest ago are dropped; when one project alone is, its columns that are not needed now are.
 *
 * Threads: a struct run_tables is shared; each project's table has a lock, held while a question is answered. Who asks for
 * extremes that lie in a bucket waits for it without that lock.
 */
#ifndef SERVER_STORE_RUN_TABLE_H
#define SERVER_STORE_RUN_TABLE_H

#include "server/store/db/db.h"
#include "server/store/runs/run_extremes.h"
#include "server/store/runs/run_filter.h"

enum { RUN_PAGE_MAX = 10000 };

struct run_tables;

/* max_bytes 0: 256 MiB. */
struct run_tables *run_tables_create(struct db *db, size_t max_bytes);
void run_tables_destroy(struct run_tables *tables); /* NULL is fine */
/* Who knows the extremes of metrics, for orders and filters by "min:loss" and "max:loss"; before the first question. */
void run_tables_set_extremes(struct run_tables *tables, run_extremes_read *read, run_extremes_bring_near *bring_near, void *context);
size_t run_tables_bytes(struct run_tables *tables);

struct run_query {
    int64_t project_id;
    struct str filters; /* JSON; empty: all */
    struct str order;   /* empty: RUN_ORDER_DEFAULT */
    struct str after;   /* a cursor of this order; empty: from the start */
    size_t first;       /* at most RUN_PAGE_MAX are given */
    bool is_of_link;    /* by words for links only; ERR_BAD_INPUT for others */
};

struct run_page {
    int64_t *ids;
    struct str *cursors;
    size_t count;
    bool has_more;
    size_t match_count; /* of all pages */
};

/* ERR_BUSY when extremes could not be brought near; ERR_BAD_INPUT with the place for filters, orders and cursors that cannot be understood. */
MUST_CHECK enum err_code run_tables_query(struct run_tables *tables, const struct run_query *query,
                                          struct arena *arena, struct run_page *out, struct err *err);

#endif
