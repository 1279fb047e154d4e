/* run_columns_links.h - between run_columns.c, which reads the runs' own rows, and run_columns_links.c. */
#ifndef SERVER_STORE_RUN_COLUMNS_LINKS_H
#define SERVER_STORE_RUN_COLUMNS_LINKS_H

#include "server/store/runs/run_columns.h"

/* What a run that was read (again) has in columns of extremes until they are filled: nobody else sees it. */
extern const struct filter_value run_columns_not_looked_up;

/* Fills those of the wanted columns that other tables know, after the runs were read. */
MUST_CHECK enum err_code run_columns_fill_links(struct run_columns *columns, struct db_tx *tx, struct run_column *const *wanted,
                                                size_t count, struct err *err);

/* The row of that id, or where it would stand. */
size_t run_columns_find_row(const struct run_columns *columns, int64_t id);
/* Most texts are the same few again and again. */
struct filter_value run_columns_keep_text(struct run_columns *columns, struct str text);

#endif
