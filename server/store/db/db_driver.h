/* db_driver.h - the seam between db.h and the engines behind it. Only db*.c include it.
 *
 * A driver embeds struct db, struct db_tx and struct db_rows as the first member of its own structs; db.c finds
 * the functions through them. What the engines spell differently is the driver's to translate: parameters ($1),
 * and, in migrations, the words `integer primary key autoincrement`, `integer`, `real`, `blob` and `without rowid`.
 */
#ifndef SERVER_STORE_DB_DRIVER_H
#define SERVER_STORE_DB_DRIVER_H

#include "server/store/db/db.h"

struct db_driver {
    const char *scheme; /* what a database's address begins with, the colon included */
    enum err_code (*open)(struct db **out, struct str rest_of_url, struct err *err);
    /* Without a writer where two of them would harm the file; NULL: as open. */
    enum err_code (*open_to_read)(struct db **out, struct str rest_of_url, struct err *err);
    void (*close)(struct db *db);
    /* References are not checked by this connection from now on; NULL: see db_catalogue.c. */
    void (*loosen)(struct db *db);

    enum err_code (*write)(struct db *db, db_work *work, void *context, struct err *err);
    /* The same once no other server does this; waits for as long as one does. */
    enum err_code (*write_schema)(struct db *db, db_work *work, void *context, struct err *err);
    void (*write_later)(struct db *db, db_work *work, void *context,
                        void (*done)(void *context, enum err_code code, const struct err *err));
    /* NULL: as write_later. */
    void (*append_later)(struct db *db, uint64_t key, db_work *work, void *context,
                         void (*done)(void *context, enum err_code code, const struct err *err));
    enum err_code (*read)(struct db *db, db_work *work, void *context, struct err *err);
    enum err_code (*copy)(struct db *db, const char *path, struct err *err);
    struct db_stats (*stats)(struct db *db);

    enum err_code (*exec)(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql,
                          struct err *err);
    /* Several statements without parameters. */
    enum err_code (*exec_script)(struct db_tx *tx, const char *sql, struct err *err);
    /* No other server is within write_schema until the transaction ends. Not to be asked for within it. */
    enum err_code (*lock_schema)(struct db_tx *tx, struct err *err);
    bool is_shared; /* by several servers */
    enum err_code (*now)(struct db_tx *tx, int64_t *now_ms, struct err *err);
    enum err_code (*write_alone)(struct db_tx *tx, struct err *err);
    enum err_code (*notify)(struct db_tx *tx, struct str notice, struct err *err);
    enum err_code (*subscribe)(struct db *db, db_subscriber *subscriber, void *context, struct err *err);
    void (*unsubscribe)(struct db *db);
    int64_t (*changed)(const struct db_tx *tx);
    /* NULL: there is nothing to lock, and no commit to wait for. */
    enum err_code (*lock)(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql, struct err *err);
    enum err_code (*at_commit)(struct db_tx *tx, db_close_work *work, struct db_closing item, struct err *err);
    /* kept: sql is a literal, and the prepared statement stays under its address. */
    enum err_code (*query)(struct db_tx *tx, struct db_rows **rows, const struct db_value *args, size_t arg_count,
                           struct str sql, bool kept, struct err *err);
    /* NULL: as query. */
    enum err_code (*query_ahead)(struct db_tx *tx, struct db_rows **rows, const struct db_value *args, size_t arg_count,
                                 const char *sql, struct err *err);
    bool (*next)(struct db_rows *rows);
    enum err_code (*end)(struct db_rows *rows, struct err *err);
    /* No more rows, and end answers that error. */
    void (*fail)(struct db_rows *rows, const struct err *err);
    struct db_value (*value)(const struct db_rows *rows, int column); /* text is borrowed until next or end */
};

struct db {
    const struct db_driver *driver;
    bool is_read_only;
};

struct db_tx {
    const struct db_driver *driver;
};

struct db_rows {
    const struct db_driver *driver;
};

extern const struct db_driver db_postgres_driver;
extern const struct db_driver db_sqlite_driver;

/* What this thread is inside of: a driver calls these around each work. */
void db_enter(struct db *db, struct db_tx *tx, bool is_writing);
void db_leave(void);

/* ---- db_migrate.c ---- */

struct migration {
    int version;               /* the number its file's name begins with */
    const char *name;          /* "0001_accounts" */
    const char *oldest_writer; /* the oldest program that may write once this is applied: "0.1.0" */
    const char *sql;
};

/* Generated from migrations/; in ascending order. */
extern const struct migration migrations[];
extern const size_t migration_count;

/* What one program knows; tests pretend to be another. */
struct migration_set {
    const struct migration *rows;
    size_t count;
    const char *program_version;
};

MUST_CHECK enum err_code db_migrate(struct db *db, const struct migration_set *set, struct err *err);

#endif
