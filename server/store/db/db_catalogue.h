/* db_catalogue.h - what tables a database has, as its engine tells, and what is done to all of them alike.
 *
 * Left out are the engine's own tables, the list of migrations and what migrate itself remembers.
 *
 * Memory: lists live in the arena.
 */
#ifndef SERVER_STORE_DB_CATALOGUE_H
#define SERVER_STORE_DB_CATALOGUE_H

#include "base/list.h"
#include "server/store/db/db.h"

struct table_column {
    struct str name;
    int key_place; /* in the primary key, from 1; 0: not in it */
};

struct table_shape {
    struct str name;
    struct list columns; /* of struct table_column, in the table's order */
};

/* Sorted by name. */
MUST_CHECK enum err_code db_list_tables(struct db *db, struct arena *arena, struct list *tables, struct err *err);
MUST_CHECK enum err_code db_is_table_empty(struct db *db, const struct table_shape *table, bool *out, struct err *err);
/* The newest migration that was applied; 0 for a database without any. */
MUST_CHECK enum err_code db_schema_version(struct db *db, int64_t *version, struct err *err);

/* The highest id that a table has given out by itself, or 0; ids are never used again, so it travels with the rows. */
MUST_CHECK enum err_code db_last_id(struct db *db, const struct table_shape *table, int64_t *id, struct err *err);
MUST_CHECK enum err_code db_set_last_id(struct db *db, const struct table_shape *table, int64_t id, struct err *err);

/* Between these two, rows may come in any order: references are not checked. What is taken away for that is
 * remembered in the database, so that another process can put it back. Tighten answers ERR_CONFLICT when a row
 * refers to one that is not there. */
MUST_CHECK enum err_code db_loosen(struct db *db, struct err *err);
MUST_CHECK enum err_code db_tighten(struct db *db, struct err *err);

/* Whether rows were begun to be carried here and not ended. */
MUST_CHECK enum err_code db_is_half_carried(struct db *db, bool *out, struct err *err);
/* ERR_PRECONDITION when it is; to be asked before it is served. */
MUST_CHECK enum err_code db_refuse_half_carried(struct db *db, struct err *err);
MUST_CHECK enum err_code db_mark_carried(struct db *db, bool is_half, struct err *err);

#endif
