/* db_postgres.h - the parts of the PostgreSQL driver. Only db_postgres*.c include it.
 *
 * Statements travel in libpq's pipeline mode: what a work changes is sent without waiting, and its answers are read
 * when a row is asked for, when db_changed asks, or when the work ends. So a work costs one round trip for each of its
 * queries and one more, not one for each statement; an error may come out a call later than its cause, always within
 * its work. As PostgreSQL does, an error ends the work's part of the transaction.
 */
#ifndef SERVER_STORE_DB_POSTGRES_H
#define SERVER_STORE_DB_POSTGRES_H

#include "base/buf.h"
#include "server/store/db/db_libpq.h"
#include "server/store/db/db_queue.h"

/* ---- db_postgres_sql.c: what PostgreSQL spells differently ---- */

/* Definitions (create, alter) get PostgreSQL's types; all else is taken as it is. */
struct str postgres_translate(struct str sql, struct arena *arena);

/* ---- db_postgres_conn.c: one connection, used by one thread at a time ---- */

enum { POSTGRES_BUCKETS = 256 };

struct postgres_conn;

/* A statement the server has prepared. */
struct postgres_statement {
    struct postgres_statement *next_in_bucket;
    const char *key;     /* the literal's address; NULL when it is not kept */
    uint64_t real_args;  /* which arguments were fractions, a bit each: others are whole numbers */
    char name[24];
    int param_count;
    Oid *param_types;
};

struct postgres_rows {
    struct db_rows base;
    struct postgres_conn *conn;
    struct postgres_rows *next_open;
    PGresult *result;
    int row, row_count;
    int position; /* of the statement among those on the way, while its answer has not come; otherwise 0 */
    struct err err;
};

struct postgres_conn {
    struct db_tx tx; /* first: a struct db_tx of this driver is a connection */
    struct pool_item item;
    PGconn *handle;
    struct postgres_statement *buckets[POSTGRES_BUCKETS];
    int statement_count;
    struct postgres_rows *open_rows;
    int fences;        /* that were sent since answers were read last */
    int pending;       /* statements and fences that were sent and whose answers were not read */
    int on_the_way;    /* of them, statements */
    size_t pending_bytes;
    int64_t changed;   /* rows, by the last statement whose answer was read */
    int64_t changes;   /* statements that may change something, ever */
    struct err failed; /* a statement's error since the transaction (or its part) began */
    bool must_retry;   /* the server asked to run the transaction again */
    bool is_blocked;   /* a lock was waited for in vain */
    bool is_alone;     /* no other server writes while its transaction lasts */
    bool is_appender;  /* closings wait for the commit */
    db_close_work *close_work;
    struct db_closing *closings; /* of this transaction */
    size_t closing_count, closing_room;
    struct arena *scratch;
};

MUST_CHECK enum err_code postgres_conn_open(struct postgres_conn *conn, const char *url, bool is_writer, struct err *err);
void postgres_conn_close(struct postgres_conn *conn);
bool postgres_conn_is_lost(const struct postgres_conn *conn);
/* Ends what a work left open. */
void postgres_conn_end_rows(struct postgres_conn *conn);
/* Reads what is still to come; the first error of a statement since the last call of postgres_conn_forgive. */
MUST_CHECK enum err_code postgres_conn_finish(struct postgres_conn *conn, struct err *err);
/* What was sent before is done for itself, what comes now begins anew; nothing is waited for. */
MUST_CHECK enum err_code postgres_conn_fence(struct postgres_conn *conn, struct err *err);
/* Before a rollback: errors so far are of what is undone. */
void postgres_conn_forgive(struct postgres_conn *conn);

enum err_code postgres_exec(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql,
                            struct err *err);
enum err_code postgres_exec_script(struct db_tx *tx, const char *sql, struct err *err);
int64_t postgres_changed(const struct db_tx *tx);
enum err_code postgres_lock(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql, struct err *err);
enum err_code postgres_at_commit(struct db_tx *tx, db_close_work *work, struct db_closing item, struct err *err);
/* Does what waits for the commit; what is left out by a count lower than closing_count never happens. */
MUST_CHECK enum err_code postgres_conn_run_closings(struct postgres_conn *conn, struct err *err);
enum err_code postgres_query(struct db_tx *tx, struct db_rows **rows, const struct db_value *args, size_t arg_count,
                             struct str sql, bool kept, struct err *err);
enum err_code postgres_query_ahead(struct db_tx *tx, struct db_rows **rows, const struct db_value *args, size_t arg_count,
                                   const char *sql, struct err *err);
bool postgres_next(struct db_rows *rows);
enum err_code postgres_end(struct db_rows *rows, struct err *err);
void postgres_fail(struct db_rows *rows, const struct err *err);
struct db_value postgres_value(const struct db_rows *rows, int column);

/* ---- db_postgres_values.c: numbers and bytes as they travel ---- */

struct postgres_args {
    const char **values;
    int *lengths, *formats;
    size_t bytes;
};

/* PostgreSQL takes neither a NUL nor malformed UTF-8 in text; U+FFFD says that there was something. */
struct str postgres_make_acceptable(struct str text, struct arena *arena);
/* The type to ask for when a statement is prepared; 0 leaves it to the server. */
Oid postgres_type_of(const struct db_value *value);
MUST_CHECK enum err_code postgres_encode(struct postgres_args *out, const struct db_value *args, size_t count,
                                         const Oid *types, struct arena *arena, struct err *err);
struct db_value postgres_decode(Oid type, const char *bytes, int length);

/* ---- db_postgres_writer.c: the thread that writes ---- */

enum postgres_writer_kind {
    POSTGRES_WRITES,  /* serializable transactions: a work means what it means with SQLite */
    POSTGRES_APPENDS, /* works lock what they decide by, and see what is committed */
};

enum { POSTGRES_WRITER_NAME = 33 };

struct postgres_writer {
    struct db *db;
    const char *url;
    enum postgres_writer_kind kind;
    struct postgres_conn conn; /* the thread's, as is the next */
    int alone_left;            /* so many transactions are run alone from the start: others are in the way */
    char name[POSTGRES_WRITER_NAME]; /* random; in the table write_marks */
    int64_t mark;              /* of its last transaction that changed something */
    int64_t changes_before;    /* the connection's, when the transaction began */
    bool has_marks;            /* the table is there */
    pthread_t thread;
    struct write_queue queue;
};

MUST_CHECK enum err_code postgres_writer_start(struct postgres_writer *writer, enum postgres_writer_kind kind, struct db *db,
                                               const char *url, struct err *err);
enum err_code postgres_write_alone(struct db_tx *tx, struct err *err);
void postgres_writer_stop(struct postgres_writer *writer); /* after what is queued */

/* ---- db_postgres_listener.c: a connection that hears notices, and the database's clock ---- */

struct postgres_listener {
    const char *url;
    struct told told;
    struct postgres_conn conn; /* the thread's */
    int stop_pipe[2];          /* a byte comes when it is time to stop */
    pthread_t thread;
    bool is_running;
};

void postgres_listener_init(struct postgres_listener *listener, const char *url);
void postgres_listener_destroy(struct postgres_listener *listener); /* stopped before */
MUST_CHECK enum err_code postgres_listener_start(struct postgres_listener *listener, db_subscriber *subscriber, void *context,
                                                 struct err *err);
void postgres_listener_stop(struct postgres_listener *listener);
enum err_code postgres_now(struct db_tx *tx, int64_t *now_ms, struct err *err);
enum err_code postgres_notify(struct db_tx *tx, struct str notice, struct err *err);

#endif
