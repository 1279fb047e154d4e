/* db_sqlite.h - the parts of the SQLite driver. Only db_sqlite*.c include it.
 *
 * One connection writes and checkpoints, on the writer's thread: SQLite from 3.7.0 to 3.51.2 can corrupt a
 * write-ahead log that two connections write or checkpoint. All others only read, and none maps the file.
 */
#ifndef SERVER_STORE_DB_SQLITE_H
#define SERVER_STORE_DB_SQLITE_H

#include "server/store/db/db_queue.h"

#include <sqlite3.h>

/* ---- db_sqlite_conn.c: one connection, used by one thread at a time ---- */

enum { STATEMENT_BUCKETS = 128 };

struct sqlite_conn;

/* A prepared statement, and while it is_open the rows it is answering. */
struct sqlite_rows {
    struct db_rows base;
    struct sqlite_conn *conn;
    sqlite3_stmt *statement;
    const char *key; /* the literal's address; NULL when it is not kept */
    struct sqlite_rows *next_in_bucket, *next_open;
    bool is_open, has_first, is_at_end;
    struct err err;
};

struct sqlite_conn {
    struct db_tx tx; /* first: a struct db_tx of this driver is a connection */
    struct pool_item item;
    sqlite3 *handle;
    struct sqlite_rows *buckets[STATEMENT_BUCKETS];
    struct sqlite_rows *open_rows;
    int64_t deadline_ms; /* monotonic; 0 for none */
};

MUST_CHECK enum err_code sqlite_conn_open(struct sqlite_conn *conn, const char *path, bool is_writer, struct err *err);
void sqlite_conn_close(struct sqlite_conn *conn);
/* Ends what a work left open. */
void sqlite_conn_end_rows(struct sqlite_conn *conn);
/* The code and sentence for what SQLite just answered. Ends the process when an fsync failed. */
enum err_code sqlite_conn_error(struct sqlite_conn *conn, int result, struct err *err);

enum err_code sqlite_exec(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql,
                          struct err *err);
enum err_code sqlite_exec_script(struct db_tx *tx, const char *sql, struct err *err);
int64_t sqlite_changed(const struct db_tx *tx);
enum err_code sqlite_query(struct db_tx *tx, struct db_rows **rows, const struct db_value *args, size_t arg_count,
                           struct str sql, bool kept, struct err *err);
bool sqlite_next(struct db_rows *rows);
enum err_code sqlite_end(struct db_rows *rows, struct err *err);
void sqlite_fail(struct db_rows *rows, const struct err *err);
struct db_value sqlite_value(const struct db_rows *rows, int column);

/* ---- db_sqlite_writer.c: the thread that writes ---- */

struct sqlite_writer {
    struct db *db;           /* whose writer it is */
    struct sqlite_conn conn; /* the thread's, as are the four below */
    int64_t log_pages;       /* in the write-ahead log */
    int64_t tried_log_pages; /* at the last checkpoint that could not finish */
    bool has_notice;
    char notice[NOTICE_BYTES_MAX]; /* of this batch; empty when there were different ones */

    struct told told;

    pthread_t thread;
    struct write_queue queue;
};

MUST_CHECK enum err_code sqlite_writer_start(struct sqlite_writer *writer, struct db *db, const char *path, struct err *err);
enum err_code sqlite_notify(struct db_tx *tx, struct str notice, struct err *err);
void sqlite_writer_stop(struct sqlite_writer *writer); /* after what is queued */

#endif
