/* db.h - the only door to SQL. Two drivers stand behind it, SQLite and PostgreSQL; nothing outside store/ includes it.
 *
 * SQL is written once, in the part of the language both speak, with $1, $2 ... for parameters; times are Unix
 * milliseconds, booleans integers, JSON text. Where they differ there is a function here, not a branch there.
 *
 * Writing: db_write runs `work` inside a transaction and returns when it is durable. Works that wait at the same
 * time share one commit (and its fsync); each stands alone: if one fails, only its own changes are undone. With
 * SQLite one thread does all writing and checkpointing, on the one connection that writes. A work may run more
 * than once (serialization failures), so it touches nothing but the transaction and what it is given to fill.
 *
 * Threads: a struct db is shared by all threads; a struct db_tx belongs to the work it was handed to.
 */
#ifndef SERVER_STORE_DB_H
#define SERVER_STORE_DB_H

#include "base/arena.h"

struct db;
struct db_tx;

/* url: "sqlite:FILE" or "postgresql://...". Applies migrations. ERR_CONFLICT when the database is of a newer version. */
MUST_CHECK enum err_code db_open(struct db **out, struct str url, struct err *err);
/* To be read only, also while another process writes it; nothing is migrated, and writing is ERR_INTERNAL. */
MUST_CHECK enum err_code db_open_to_read(struct db **out, struct str url, struct err *err);
void db_close(struct db *db); /* waits for the works that were queued; NULL is fine */

typedef enum err_code db_work(struct db_tx *tx, void *context, struct err *err);

/* Blocks until committed. Not from inside a work that writes (ERR_INTERNAL). */
MUST_CHECK enum err_code db_write(struct db *db, db_work *work, void *context, struct err *err);
/* Returns at once; `done` is called from the writer's thread after the commit (or failure). */
void db_write_later(struct db *db, db_work *work, void *context,
                    void (*done)(void *context, enum err_code code, const struct err *err));
/* The same for what comes all the time and changes little of its own: rows of runs. With PostgreSQL these works have a
 * connection of their own, and each statement sees what is committed by then, so a work locks what it decides by
 * (db_lock) before it reads it. Those that wait together are run in the order of their keys: whoever locks the same
 * things gives the same key, and nobody waits in a circle. */
void db_append_later(struct db *db, uint64_t key, db_work *work, void *context,
                     void (*done)(void *context, enum err_code code, const struct err *err));
/* One consistent snapshot; on the caller's thread. Inside another work it joins that one's transaction. */
MUST_CHECK enum err_code db_read(struct db *db, db_work *work, void *context, struct err *err);

/* Whether the caller is inside a work that writes: what it reads may be undone again. */
bool db_is_writing(const struct db *db);

/* A consistent copy of everything into one new file, while others read and write. ERR_NOT_OFFERED where the engine has
 * tools of its own for that. */
MUST_CHECK enum err_code db_copy(struct db *db, const char *path, struct err *err);

/* ---- several servers ---- */

/* Whether other servers may use the same database: not with SQLite, whose folder belongs to one process. */
bool db_is_shared(const struct db *db);
/* The time by the database's own clock, which is the same for all servers. */
MUST_CHECK enum err_code db_now_ms(struct db_tx *tx, int64_t *now_ms, struct err *err);
/* Until this work's end no other server writes. The work may be ended here and begun again. */
MUST_CHECK enum err_code db_write_alone(struct db_tx *tx, struct err *err);

/* Told to every server that subscribes, this one too, once the transaction is committed; it may also be told of what was
 * undone. For what seldom happens: PostgreSQL commits one after the other when they carry notices. */
MUST_CHECK enum err_code db_notify(struct db_tx *tx, struct str notice, struct err *err);
/* Called from a thread of the driver's. An empty notice: some may have been lost, anything may have changed. */
typedef void db_subscriber(void *context, struct str notice);
/* One subscriber at a time. */
MUST_CHECK enum err_code db_subscribe(struct db *db, db_subscriber *subscriber, void *context, struct err *err);
/* Once this returns the subscriber is not called any more. */
void db_unsubscribe(struct db *db);

struct db_stats {
    int64_t works;        /* written, since the start */
    int64_t commits;      /* they shared so many */
    int64_t checkpoints;
    int64_t log_bytes;    /* of the write-ahead log, now */
    int64_t queued_works; /* now */
    int64_t slow_reads;   /* ended by their deadline */
};
struct db_stats db_get_stats(struct db *db);

enum db_type { DB_TYPE_NULL, DB_TYPE_INT, DB_TYPE_REAL, DB_TYPE_TEXT, DB_TYPE_BLOB };

struct db_value {
    enum db_type type;
    union {
        int64_t integer;
        double real;
        struct str text; /* and blob */
    };
};

#define DB_NULL ((struct db_value){ .type = DB_TYPE_NULL })
#define DB_INT(value) ((struct db_value){ .type = DB_TYPE_INT, .integer = (int64_t)(value) })
#define DB_REAL(value) ((struct db_value){ .type = DB_TYPE_REAL, .real = (value) })
/* A str whose ptr is NULL is stored as NULL. */
#define DB_TEXT(value) (db_text(value))
#define DB_BLOB(value) ((struct db_value){ .type = DB_TYPE_BLOB, .text = (value) })
struct db_value db_text(struct str text);

/* db_exec(tx, DB_ARGS(DB_INT(1), DB_TEXT(name)), "update ...", err) */
#define DB_ARGS(...) ((const struct db_value[]){ __VA_ARGS__ }), (sizeof((struct db_value[]){ __VA_ARGS__ }) / sizeof(struct db_value))
#define DB_NO_ARGS NULL, 0

/* Statements are prepared once per connection and kept, by the address of sql: pass literals. */
MUST_CHECK enum err_code db_exec(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql, struct err *err);
/* Rows that the last db_exec of this transaction changed. */
int64_t db_changed(const struct db_tx *tx);
/* The rows of the table called `locked` that this finds are changed by nobody else until the transaction ends, and
 * statements that come after see them as they are. Nothing to do where one thread writes. */
MUST_CHECK enum err_code db_lock(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql, struct err *err);

/* What many works of one transaction change in the same row is done for all of them right before the commit, by group
 * and id: the row is locked for no longer than that takes. In db_write at once. A work that fails leaves none. */
struct db_closing {
    int64_t group, id, value;
};
typedef enum err_code db_close_work(struct db_tx *tx, const struct db_closing *items, size_t count, struct err *err);
/* All of one transaction give the same work. */
MUST_CHECK enum err_code db_at_commit(struct db_tx *tx, db_close_work *work, struct db_closing item, struct err *err);

struct db_rows;
MUST_CHECK enum err_code db_query(struct db_tx *tx, struct db_rows **rows, const struct db_value *args, size_t arg_count,
                                  const char *sql, struct err *err);
/* The same when more is asked before the first row of this is wanted: questions travel together. What goes wrong is told by
 * db_end. */
MUST_CHECK enum err_code db_query_ahead(struct db_tx *tx, struct db_rows **rows, const struct db_value *args, size_t arg_count,
                                        const char *sql, struct err *err);
/* For statements that are composed at run time; sql is copied. */
MUST_CHECK enum err_code db_query_text(struct db_tx *tx, struct db_rows **rows, const struct db_value *args,
                                       size_t arg_count, struct str sql, struct err *err);
/* False at the end and on error: db_end tells which. */
bool db_next(struct db_rows *rows);
/* Rows that a work leaves open (a TRY inside its loop) are ended with its transaction. */
MUST_CHECK enum err_code db_end(struct db_rows *rows, struct err *err);
/* The first column of the only row; 0 where there is none. */
MUST_CHECK enum err_code db_query_int(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql, int64_t *out,
                                      struct err *err);

bool db_is_null(const struct db_rows *rows, int column);
int64_t db_int(const struct db_rows *rows, int column);
double db_real(const struct db_rows *rows, int column);
/* Copied into the arena; NULL columns give ptr NULL. Once the arena holds DB_MEMORY_MAX, what would be copied is empty,
 * no more rows come, and db_end answers ERR_TOO_LARGE: a list of large rows cannot end the process. */
#define DB_MEMORY_MAX ((size_t)1 << 30)
struct str db_str(const struct db_rows *rows, int column, struct arena *arena);

#endif
