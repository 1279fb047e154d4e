/* db_postgres_conn.c - a connection to PostgreSQL: its settings, its pipeline, its kept statements, its rows and errors. */
#include "server/store/db/db_postgres.h"

#include "base/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    PENDING_MAX = 512,                  /* statements on the way */
    PENDING_BYTES_MAX = 8 * 1024 * 1024,
    HINTS_MAX = 64,
};

/* ---- errors ---- */

/* Codes of PostgreSQL's appendix A; a class when two characters long. */
static const struct {
    const char *state;
    enum err_code code;
} meanings[] = {
    { "23505", ERR_CONFLICT },  /* unique_violation */
    { "23503", ERR_CONFLICT },  /* foreign_key_violation */
    { "25006", ERR_BUSY },      /* read_only_sql_transaction: this server is a standby now */
    { "40", ERR_BUSY },         /* serialization_failure, deadlock_detected */
    { "53100", ERR_FULL },      /* disk_full */
    { "53", ERR_BUSY },         /* memory, connections */
    { "54", ERR_TOO_LARGE },    /* program_limit_exceeded */
    { "55", ERR_BUSY },         /* lock_not_available */
    { "57", ERR_BUSY },         /* query_canceled, admin_shutdown, crash_shutdown, cannot_connect_now */
    { "58", ERR_IO },           /* system errors */
    { "XX001", ERR_CORRUPT },
    { "XX002", ERR_CORRUPT },
    { "08", ERR_BUSY },         /* the connection */
    { "28", ERR_FORBIDDEN },    /* who we are */
    { "42501", ERR_FORBIDDEN }, /* insufficient_privilege */
};

static enum err_code code_of(const char *state) {
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strncmp(state, meanings[i].state, strlen(meanings[i].state)) == 0)
            return meanings[i].code;
    return ERR_INTERNAL;
}

/* libpq's sentences end in a line feed, and may have several lines. */
static struct str first_line(const char *text) {
    struct str head, rest;
    (void)str_cut(str_from_c(text), '\n', &head, &rest);
    return head;
}

static enum err_code set_lost(struct postgres_conn *conn, struct err *err) {
    struct str why = first_line(libpq.PQerrorMessage(conn->handle));
    return err_set(err, ERR_BUSY, "the connection to the database is lost: %.*s", STR_ARG(why));
}

/* The first error counts: what follows in a pipeline was not even tried. */
static void note_error(struct postgres_conn *conn, const PGresult *result) {
    const char *state = libpq.PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = libpq.PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (conn->failed.code != OK)
        return;
    if (state == NULL) {
        (void)set_lost(conn, &conn->failed);
        return;
    }
    conn->must_retry = strncmp(state, "40", 2) == 0;
    conn->is_blocked = strncmp(state, "55", 2) == 0;
    enum err_code code = code_of(state);
    err_set_message(&conn->failed, code, "%s%s", code == ERR_CONFLICT ? "" : "the database answered: ",
                    message != NULL ? message : state);
}

bool postgres_conn_is_lost(const struct postgres_conn *conn) {
    return conn->handle == NULL || libpq.PQstatus(conn->handle) == CONNECTION_BAD;
}

/* ---- the pipeline ---- */

static void take_result(struct postgres_rows *rows, PGresult *result) {
    rows->result = result;
    rows->row_count = libpq.PQntuples(result);
    if (libpq.PQresultMemorySize(result) > DB_MEMORY_MAX) {
        (void)err_set(&rows->err, ERR_TOO_LARGE, "this asks for more than %zu bytes at once; ask for less at a time", DB_MEMORY_MAX);
        rows->row_count = 0;
    }
}

/* Whether somebody asked for this answer before others, and has it now. */
static bool give_to_waiting(struct postgres_conn *conn, int position, PGresult *result, bool is_good) {
    struct postgres_rows *rows = conn->open_rows;
    while (rows != NULL && rows->position != position)
        rows = rows->next_open;
    if (rows == NULL)
        return false;
    rows->position = 0;
    if (is_good)
        take_result(rows, result);
    else
        rows->err = conn->failed;
    return is_good;
}

/* Reads to the end of what was sent. *last, when asked for, is the last statement's answer if it went well. */
static void drain(struct postgres_conn *conn, PGresult **last) {
    PGresult *result, *kept = NULL;
    bool was_null = false;
    int position = 0;

    if (libpq.PQpipelineSync(conn->handle) != 1 && conn->failed.code == OK)
        (void)set_lost(conn, &conn->failed);
    for (;;) {
        result = libpq.PQgetResult(conn->handle);
        if (result == NULL) {
            if (was_null || postgres_conn_is_lost(conn))
                break; /* two in a row: nothing more will come */
            was_null = true;
            continue;
        }
        was_null = false;
        ExecStatusType status = libpq.PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC) {
            libpq.PQclear(result);
            if (conn->fences-- > 0)
                continue;
            break;
        }
        if (status == PGRES_FATAL_ERROR)
            note_error(conn, result);
        bool is_good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        if (is_good)
            (void)str_to_i64(str_from_c(libpq.PQcmdTuples(result)), &conn->changed);
        if (give_to_waiting(conn, ++position, result, is_good))
            continue;
        libpq.PQclear(kept);
        kept = result;
    }
    if (postgres_conn_is_lost(conn) && conn->failed.code == OK)
        (void)set_lost(conn, &conn->failed);
    while (position < conn->on_the_way)
        (void)give_to_waiting(conn, ++position, NULL, false);
    conn->on_the_way = 0;
    conn->pending = 0;
    conn->fences = 0;
    conn->pending_bytes = 0;
    if (last != NULL && conn->failed.code == OK)
        *last = kept;
    else
        libpq.PQclear(kept);
}

enum err_code postgres_conn_fence(struct postgres_conn *conn, struct err *err) {
    if (libpq.PQpipelineSync(conn->handle) != 1)
        return set_lost(conn, err);
    conn->fences++;
    conn->pending++;
    return OK;
}

enum err_code postgres_conn_finish(struct postgres_conn *conn, struct err *err) {
    if (conn->pending > 0)
        drain(conn, NULL);
    if (conn->failed.code != OK)
        *err = conn->failed;
    return conn->failed.code;
}

void postgres_conn_forgive(struct postgres_conn *conn) {
    if (conn->pending > 0)
        drain(conn, NULL);
    conn->failed.code = OK;
    conn->must_retry = conn->is_blocked = false;
}

/* ---- statements ---- */

static void free_statement(struct postgres_statement *statement) {
    free(statement->param_types);
    free(statement);
}

enum keeping { NOT_KEPT, KEPT, KEPT_LOCK };

/* The server knows better than we what a parameter is, except which numbers may have fractions. */
static enum err_code prepare(struct postgres_conn *conn, struct postgres_statement *statement, struct str sql, enum keeping keeping,
                             const struct db_value *args, size_t arg_count, struct err *err) {
    Oid hints[HINTS_MAX];
    size_t hint_count = arg_count < HINTS_MAX ? arg_count : HINTS_MAX;
    PGresult *description = NULL;

    for (size_t i = 0; i < hint_count; i++)
        hints[i] = postgres_type_of(&args[i]);
    TRY(postgres_conn_finish(conn, err));
    struct str translated = postgres_translate(sql, conn->scratch);
    if (keeping == KEPT_LOCK)
        translated = arena_printf(conn->scratch, "%.*s for no key update of locked", STR_ARG(translated));
    const char *text = arena_copy_c(conn->scratch, translated);
    if (libpq.PQsendPrepare(conn->handle, statement->name, text, (int)hint_count, hints) != 1 ||
        libpq.PQsendDescribePrepared(conn->handle, statement->name) != 1)
        return set_lost(conn, err);
    drain(conn, &description);
    TRY(postgres_conn_finish(conn, err));
    statement->param_count = libpq.PQnparams(description);
    statement->param_types = calloc((size_t)statement->param_count + 1, sizeof *statement->param_types);
    if (statement->param_types == NULL)
        log_fatal("out of memory: cannot keep a statement");
    for (int i = 0; i < statement->param_count; i++)
        statement->param_types[i] = libpq.PQparamtype(description, i);
    libpq.PQclear(description);
    return OK;
}

static uint64_t find_real_args(const struct db_value *args, size_t arg_count) {
    uint64_t mask = 0;
    for (size_t i = 0; i < arg_count && i < 64; i++)
        mask |= (uint64_t)(args[i].type == DB_TYPE_REAL) << i;
    return mask;
}

static enum err_code find_statement(struct postgres_conn *conn, struct postgres_statement **out, struct str sql,
                                    enum keeping keeping, const struct db_value *args, size_t arg_count, struct err *err) {
    bool kept = keeping != NOT_KEPT;
    uint64_t real_args = find_real_args(args, arg_count);
    struct postgres_statement **bucket = &conn->buckets[((uintptr_t)sql.ptr * UINT64_C(0x9e3779b97f4a7c15)) >> 56];
    struct postgres_statement *statement = kept ? *bucket : NULL;

    while (statement != NULL && (statement->key != sql.ptr || statement->real_args != real_args))
        statement = statement->next_in_bucket;
    if (statement == NULL) {
        if ((statement = calloc(1, sizeof *statement)) == NULL)
            log_fatal("out of memory: cannot keep a statement");
        statement->real_args = real_args;
        if (kept)
            (void)snprintf(statement->name, sizeof statement->name, "s%d", ++conn->statement_count);
        enum err_code code = prepare(conn, statement, sql, keeping, args, arg_count, err);
        if (code != OK) {
            free_statement(statement);
            return code;
        }
        if (kept) {
            statement->key = sql.ptr;
            statement->next_in_bucket = *bucket;
            *bucket = statement;
        }
    }
    *out = statement;
    return OK;
}

/* Sends a statement; its answer is read later. */
static enum err_code send_statement(struct postgres_conn *conn, const struct db_value *args, size_t arg_count,
                                    struct str sql, enum keeping keeping, struct err *err) {
    struct postgres_statement *statement;
    struct postgres_args encoded;

    if (conn->failed.code != OK) {
        *err = conn->failed;
        return err->code;
    }
    arena_reset(conn->scratch);
    TRY(find_statement(conn, &statement, sql, keeping, args, arg_count, err));
    enum err_code code = OK;
    if ((size_t)statement->param_count != arg_count)
        code = err_set(err, ERR_INTERNAL, "a statement takes %d arguments and was given %zu", statement->param_count, arg_count);
    if (code == OK)
        code = postgres_encode(&encoded, args, arg_count, statement->param_types, conn->scratch, err);
    if (code == OK && libpq.PQsendQueryPrepared(conn->handle, statement->name, (int)arg_count, encoded.values,
                                                encoded.lengths, encoded.formats, 1) != 1)
        code = set_lost(conn, err);
    if (keeping == NOT_KEPT)
        free_statement(statement);
    if (code != OK)
        return code;
    conn->pending++;
    conn->on_the_way++;
    conn->pending_bytes += encoded.bytes;
    return OK;
}

enum err_code postgres_exec(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql,
                            struct err *err) {
    struct postgres_conn *conn = (struct postgres_conn *)tx;
    conn->changes++;
    TRY(send_statement(conn, args, arg_count, str_from_c(sql), KEPT, err));
    if (conn->pending >= PENDING_MAX || conn->pending_bytes >= PENDING_BYTES_MAX)
        return postgres_conn_finish(conn, err);
    return OK;
}

/* Several statements at once go the old way, outside the pipeline. */
static enum err_code exec_directly(struct postgres_conn *conn, const char *sql, struct err *err) {
    PGresult *result = libpq.PQexec(conn->handle, sql);
    ExecStatusType status = libpq.PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        note_error(conn, result);
    libpq.PQclear(result);
    if (conn->failed.code != OK)
        *err = conn->failed;
    return conn->failed.code;
}

enum err_code postgres_exec_script(struct db_tx *tx, const char *sql, struct err *err) {
    struct postgres_conn *conn = (struct postgres_conn *)tx;

    conn->changes++;
    TRY(postgres_conn_finish(conn, err));
    arena_reset(conn->scratch);
    const char *text = arena_copy_c(conn->scratch, postgres_translate(str_from_c(sql), conn->scratch));
    if (libpq.PQexitPipelineMode(conn->handle) != 1)
        return set_lost(conn, err);
    enum err_code code = exec_directly(conn, text, err);
    if (libpq.PQenterPipelineMode(conn->handle) != 1 && code == OK)
        code = set_lost(conn, err);
    return code;
}

/* The text that was prepared is kept by the literal's address: a lock's literal is never anything else. */
enum err_code postgres_lock(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql, struct err *err) {
    struct postgres_conn *conn = (struct postgres_conn *)tx;
    return send_statement(conn, args, arg_count, str_from_c(sql), KEPT_LOCK, err);
}

int64_t postgres_changed(const struct db_tx *tx) {
    struct postgres_conn *conn = (struct postgres_conn *)tx;
    if (conn->pending > 0)
        drain(conn, NULL); /* an error is told when the work ends */
    return conn->failed.code == OK ? conn->changed : 0;
}

/* ---- closings ---- */

enum err_code postgres_at_commit(struct db_tx *tx, db_close_work *work, struct db_closing item, struct err *err) {
    struct postgres_conn *conn = (struct postgres_conn *)tx;

    if (!conn->is_appender)
        return work(tx, &item, 1, err);
    if (conn->closing_count == conn->closing_room) {
        conn->closing_room = conn->closing_room == 0 ? 64 : conn->closing_room * 2;
        conn->closings = realloc(conn->closings, conn->closing_room * sizeof *conn->closings);
        if (conn->closings == NULL)
            log_fatal("out of memory: cannot keep what a commit ends with");
    }
    assert(conn->closing_count == 0 || conn->close_work == work);
    conn->close_work = work;
    conn->closings[conn->closing_count++] = item;
    return OK;
}

static int compare_closings(const void *a, const void *b) {
    const struct db_closing *left = a, *right = b;
    if (left->group != right->group)
        return left->group < right->group ? -1 : 1;
    return left->id < right->id ? -1 : left->id > right->id;
}

enum err_code postgres_conn_run_closings(struct postgres_conn *conn, struct err *err) {
    size_t count = conn->closing_count;
    conn->closing_count = 0;
    if (count == 0)
        return OK;
    qsort(conn->closings, count, sizeof *conn->closings, compare_closings);
    return conn->close_work(&conn->tx, conn->closings, count, err);
}

/* ---- rows ---- */

static struct postgres_rows *add_rows(struct postgres_conn *conn) {
    struct postgres_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        log_fatal("out of memory: cannot hold rows");
    *rows = (struct postgres_rows){ .base.driver = &db_postgres_driver, .conn = conn, .next_open = conn->open_rows, .row = -1 };
    conn->open_rows = rows;
    return rows;
}

/* "insert ... returning" is asked, and changes something all the same. */
static void count_question(struct postgres_conn *conn, struct str sql) {
    conn->changes += !str_starts_with(sql, STR("select"));
}

enum err_code postgres_query(struct db_tx *tx, struct db_rows **out, const struct db_value *args, size_t arg_count,
                             struct str sql, bool kept, struct err *err) {
    struct postgres_conn *conn = (struct postgres_conn *)tx;
    PGresult *result = NULL;

    count_question(conn, sql);
    TRY(send_statement(conn, args, arg_count, sql, kept ? KEPT : NOT_KEPT, err));
    drain(conn, &result);
    TRY(postgres_conn_finish(conn, err));
    struct postgres_rows *rows = add_rows(conn);
    take_result(rows, result);
    *out = &rows->base;
    return OK;
}

enum err_code postgres_query_ahead(struct db_tx *tx, struct db_rows **out, const struct db_value *args, size_t arg_count,
                                   const char *sql, struct err *err) {
    struct postgres_conn *conn = (struct postgres_conn *)tx;

    count_question(conn, str_from_c(sql));
    TRY(send_statement(conn, args, arg_count, str_from_c(sql), KEPT, err));
    struct postgres_rows *rows = add_rows(conn);
    rows->position = conn->on_the_way;
    *out = &rows->base;
    return OK;
}

bool postgres_next(struct db_rows *base) {
    struct postgres_rows *rows = (struct postgres_rows *)base;
    if (rows->position > 0)
        drain(rows->conn, NULL);
    if (rows->err.code != OK || rows->row + 1 >= rows->row_count)
        return false;
    rows->row++;
    return true;
}

static void release(struct postgres_rows *rows) {
    struct postgres_rows **at = &rows->conn->open_rows;
    while (*at != rows)
        at = &(*at)->next_open;
    *at = rows->next_open;
    libpq.PQclear(rows->result);
    free(rows);
}

enum err_code postgres_end(struct db_rows *base, struct err *err) {
    struct postgres_rows *rows = (struct postgres_rows *)base;
    if (rows->position > 0)
        drain(rows->conn, NULL);
    enum err_code code = rows->err.code;
    if (code != OK)
        *err = rows->err;
    release(rows);
    return code;
}

void postgres_conn_end_rows(struct postgres_conn *conn) {
    while (conn->open_rows != NULL)
        release(conn->open_rows);
}

void postgres_fail(struct db_rows *base, const struct err *err) {
    struct postgres_rows *rows = (struct postgres_rows *)base;
    if (rows->err.code == OK)
        rows->err = *err;
}

struct db_value postgres_value(const struct db_rows *base, int column) {
    const struct postgres_rows *rows = (const struct postgres_rows *)base;
    if (column >= libpq.PQnfields(rows->result) || libpq.PQgetisnull(rows->result, rows->row, column) != 0)
        return DB_NULL;
    return postgres_decode(libpq.PQftype(rows->result, column), libpq.PQgetvalue(rows->result, rows->row, column),
                           libpq.PQgetlength(rows->result, rows->row, column));
}

/* ---- opening and closing ---- */

/* What a commit promises must be on disk, whatever the database's default. */
static const char settings[] = "set client_min_messages = warning;"
                               "set statement_timeout = '30s';"
                               "set lock_timeout = '10s';"
                               "set idle_in_transaction_session_timeout = '60s';"
                               "set extra_float_digits = 3;"
                               /* Statements are planned once, when tables may be empty still: reading all of one is
                                * right then, and wrong for ever after. */
                               "set plan_cache_mode = force_generic_plan;"
                               "set enable_seqscan = off;"
                               "set jit = off;";
static const char writer_settings[] = "select set_config('synchronous_commit', 'on', false)"
                                      " where current_setting('synchronous_commit') = 'off';"
                                      "set statement_timeout = 0;"
                                      /* Of a server that stands still, or is no more: it holds others up. */
                                      "set idle_in_transaction_session_timeout = '20s';"
                                      "set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 3; set tcp_keepalives_count = 3;";

static void log_notice(void *context, const char *message) {
    (void)context;
    struct str line = first_line(message);
    log_warn("PostgreSQL: %.*s", STR_ARG(line));
}

static enum err_code configure(struct postgres_conn *conn, bool is_writer, struct err *err) {
    enum { OLDEST = 130000 }; /* pg_current_xact_id */

    (void)libpq.PQsetNoticeProcessor(conn->handle, log_notice, NULL);
    if (libpq.PQserverVersion(conn->handle) < OLDEST)
        return err_set(err, ERR_NOT_OFFERED, "the database is PostgreSQL %d; 13 or later is needed",
                       libpq.PQserverVersion(conn->handle) / 10000);
    TRY(exec_directly(conn, settings, err));
    if (is_writer)
        TRY(exec_directly(conn, writer_settings, err));
    return libpq.PQenterPipelineMode(conn->handle) == 1 ? OK : set_lost(conn, err);
}

enum err_code postgres_conn_open(struct postgres_conn *conn, const char *url, bool is_writer, struct err *err) {
    /* The address comes last, so that it may say otherwise. */
    const char *const names[] = { "connect_timeout", "keepalives_idle", "keepalives_interval", "tcp_user_timeout",
                                  "target_session_attrs", "application_name", "client_encoding", "dbname", NULL };
    const char *const values[] = { "5", "10", "5", "20000", "read-write", "barograph", "UTF8", url, NULL };

    *conn = (struct postgres_conn){ .tx.driver = &db_postgres_driver, .scratch = arena_create() };
    conn->handle = libpq.PQconnectdbParams(names, values, 1);
    enum err_code code = OK;
    if (libpq.PQstatus(conn->handle) != CONNECTION_OK) {
        struct str why = first_line(libpq.PQerrorMessage(conn->handle));
        code = err_set(err, ERR_BUSY, "cannot connect to the database: %.*s", STR_ARG(why));
    } else {
        code = configure(conn, is_writer, err);
    }
    if (code != OK)
        postgres_conn_close(conn);
    return code;
}

void postgres_conn_close(struct postgres_conn *conn) {
    postgres_conn_end_rows(conn);
    for (size_t i = 0; i < POSTGRES_BUCKETS; i++)
        while (conn->buckets[i] != NULL) {
            struct postgres_statement *statement = conn->buckets[i];
            conn->buckets[i] = statement->next_in_bucket;
            free_statement(statement);
        }
    if (conn->handle != NULL)
        libpq.PQfinish(conn->handle);
    conn->handle = NULL;
    arena_destroy(conn->scratch);
    conn->scratch = NULL;
    free(conn->closings);
    conn->closings = NULL;
    conn->closing_count = conn->closing_room = 0;
}
