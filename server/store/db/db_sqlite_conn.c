/* db_sqlite_conn.c - a connection to SQLite: its settings, its kept statements, its rows and its errors. */
#include "server/store/db/db_sqlite.h"

#include "base/clock.h"
#include "base/log.h"

#include <assert.h>
#include <fcntl.h>
#include <unistd.h>

enum {
    BUSY_TIMEOUT_MS = 5000,       /* only a stranger's sqlite3 shell can hold the lock that long */
    STEPS_BETWEEN_CLOCKS = 20000, /* of SQLite's machine; well under a millisecond */
};

/* ---- errors ---- */

enum err_code sqlite_conn_error(struct sqlite_conn *conn, int result, struct err *err) {
    const char *message = conn->handle == NULL ? sqlite3_errstr(result) : sqlite3_errmsg(conn->handle);

    switch (result) {
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
        log_fatal("the database's fsync failed, what it promised may be lost: %s", message);
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return err_set(err, ERR_CONFLICT, "%s", message);
    }
    switch (result & 0xff) {
    case SQLITE_NOMEM:
        log_fatal("out of memory in the database");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(err, ERR_BUSY, "the database is busy: %s", message);
    case SQLITE_INTERRUPT:
        return err_set(err, ERR_BUSY, "the database took too long to answer");
    case SQLITE_FULL:
        return err_set(err, ERR_FULL, "no room for the database: %s", message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_set(err, ERR_CORRUPT, "the database is damaged: %s", message);
    case SQLITE_TOOBIG:
        return err_set(err, ERR_TOO_LARGE, "a value is too large for the database");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return err_set(err, ERR_IO, "the database cannot be read or written: %s", message);
    default:
        return err_set(err, ERR_INTERNAL, "the database answered %d: %s", result, message);
    }
}

/* ---- statements ---- */

static bool is_late(const struct sqlite_conn *conn) {
    return conn->deadline_ms != 0 && clock_mono_ms() > conn->deadline_ms;
}

static int stop_when_late(void *context) {
    return is_late(context);
}

/* SQLite would number "$1" by where it stands first; "?1" is numbered by its number. */
static struct str translate(struct str sql, struct arena *arena) {
    char *text = arena_copy_c(arena, sql);
    char quote = '\0';
    for (size_t i = 0; i < sql.len; i++) {
        if (quote != '\0')
            quote = text[i] == quote ? '\0' : quote;
        else if (text[i] == '\'' || text[i] == '"')
            quote = text[i];
        else if (text[i] == '$')
            text[i] = '?';
    }
    return (struct str){ text, sql.len };
}

static enum err_code prepare(struct sqlite_conn *conn, struct sqlite_rows **out, struct str sql, bool kept,
                             struct err *err) {
    struct sqlite_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        log_fatal("out of memory: cannot keep a statement");
    struct arena *arena = arena_create();
    struct str translated = translate(sql, arena);
    int result = sqlite3_prepare_v3(conn->handle, translated.ptr, (int)translated.len + 1,
                                    kept ? SQLITE_PREPARE_PERSISTENT : 0, &rows->statement, NULL);
    arena_destroy(arena);
    if (result != SQLITE_OK) {
        free(rows);
        return sqlite_conn_error(conn, result, err);
    }
    rows->base.driver = &db_sqlite_driver;
    rows->conn = conn;
    *out = rows;
    return OK;
}

static struct sqlite_rows **bucket_of(struct sqlite_conn *conn, const char *key) {
    return &conn->buckets[((uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15)) >> 57];
}

/* The kept statement of that literal, unless it is answering already: then one of its own. */
static enum err_code find_statement(struct sqlite_conn *conn, struct sqlite_rows **out, struct str sql, bool kept,
                                    struct err *err) {
    struct sqlite_rows **bucket = bucket_of(conn, sql.ptr), *rows = kept ? *bucket : NULL;

    while (rows != NULL && rows->key != sql.ptr)
        rows = rows->next_in_bucket;
    if (rows != NULL && !rows->is_open) {
        *out = rows;
        return OK;
    }
    bool is_new = kept && rows == NULL;
    TRY(prepare(conn, &rows, sql, is_new, err));
    if (is_new) {
        rows->key = sql.ptr;
        rows->next_in_bucket = *bucket;
        *bucket = rows;
    }
    *out = rows;
    return OK;
}

static int bind_one(sqlite3_stmt *statement, int position, const struct db_value *value,
                    sqlite3_destructor_type lifetime) {
    switch (value->type) {
    case DB_TYPE_INT:
        return sqlite3_bind_int64(statement, position, value->integer);
    case DB_TYPE_REAL:
        return sqlite3_bind_double(statement, position, value->real);
    case DB_TYPE_TEXT:
        return sqlite3_bind_text64(statement, position, value->text.ptr, value->text.len, lifetime, SQLITE_UTF8);
    case DB_TYPE_BLOB:
        return sqlite3_bind_blob64(statement, position, value->text.ptr, value->text.len, lifetime);
    default:
        return sqlite3_bind_null(statement, position);
    }
}

static enum err_code bind(struct sqlite_rows *rows, const struct db_value *args, size_t arg_count,
                          sqlite3_destructor_type lifetime, struct err *err) {
    int wanted = sqlite3_bind_parameter_count(rows->statement);
    if ((size_t)wanted != arg_count)
        return err_set(err, ERR_INTERNAL, "a statement takes %d arguments and was given %zu", wanted, arg_count);
    for (size_t i = 0; i < arg_count; i++) {
        int result = bind_one(rows->statement, (int)i + 1, &args[i], lifetime);
        if (result != SQLITE_OK)
            return sqlite_conn_error(rows->conn, result, err);
    }
    return OK;
}

/* Ready for the next use; one that is not kept is gone afterwards. */
static void release(struct sqlite_rows *rows) {
    if (rows->is_open) {
        struct sqlite_rows **at = &rows->conn->open_rows;
        while (*at != rows)
            at = &(*at)->next_open;
        *at = rows->next_open;
    }
    rows->is_open = rows->has_first = rows->is_at_end = false;
    rows->err.code = OK;
    (void)sqlite3_reset(rows->statement); /* answers what step answered */
    (void)sqlite3_clear_bindings(rows->statement);
    if (rows->key == NULL) {
        (void)sqlite3_finalize(rows->statement);
        free(rows);
    }
}

void sqlite_conn_end_rows(struct sqlite_conn *conn) {
    while (conn->open_rows != NULL)
        release(conn->open_rows);
}

enum err_code sqlite_exec(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql,
                          struct err *err) {
    struct sqlite_conn *conn = (struct sqlite_conn *)tx;
    struct sqlite_rows *rows;
    int result;

    TRY(find_statement(conn, &rows, str_from_c(sql), true, err));
    enum err_code code = bind(rows, args, arg_count, SQLITE_STATIC, err);
    if (code == OK) {
        do
            result = sqlite3_step(rows->statement);
        while (result == SQLITE_ROW);
        if (result != SQLITE_DONE)
            code = sqlite_conn_error(conn, result, err);
    }
    release(rows);
    return code;
}

enum err_code sqlite_exec_script(struct db_tx *tx, const char *sql, struct err *err) {
    struct sqlite_conn *conn = (struct sqlite_conn *)tx;
    int result = sqlite3_exec(conn->handle, sql, NULL, NULL, NULL);
    return result == SQLITE_OK ? OK : sqlite_conn_error(conn, result, err);
}

int64_t sqlite_changed(const struct db_tx *tx) {
    return sqlite3_changes64(((const struct sqlite_conn *)tx)->handle);
}

/* ---- rows ---- */

static bool step(struct sqlite_rows *rows) {
    int result = sqlite3_step(rows->statement);
    if (result == SQLITE_ROW)
        return true;
    rows->is_at_end = true;
    if (result != SQLITE_DONE)
        (void)sqlite_conn_error(rows->conn, result, &rows->err);
    return false;
}

enum err_code sqlite_query(struct db_tx *tx, struct db_rows **out, const struct db_value *args, size_t arg_count,
                           struct str sql, bool kept, struct err *err) {
    struct sqlite_conn *conn = (struct sqlite_conn *)tx;
    struct sqlite_rows *rows;

    if (is_late(conn))
        return sqlite_conn_error(conn, SQLITE_INTERRUPT, err);
    TRY(find_statement(conn, &rows, sql, kept, err));
    /* The rows may outlive the arguments. */
    enum err_code code = bind(rows, args, arg_count, SQLITE_TRANSIENT, err);
    if (code != OK) {
        release(rows);
        return code;
    }
    rows->is_open = true;
    rows->next_open = conn->open_rows;
    conn->open_rows = rows;
    rows->has_first = step(rows); /* now, so that "returning" has its effect even if nobody looks */
    if (rows->err.code != OK) {
        *err = rows->err;
        release(rows);
        return err->code;
    }
    *out = &rows->base;
    return OK;
}

bool sqlite_next(struct db_rows *base) {
    struct sqlite_rows *rows = (struct sqlite_rows *)base;
    if (rows->has_first) {
        rows->has_first = false;
        return true;
    }
    return !rows->is_at_end && step(rows);
}

enum err_code sqlite_end(struct db_rows *base, struct err *err) {
    struct sqlite_rows *rows = (struct sqlite_rows *)base;
    enum err_code code = rows->err.code;
    if (code != OK)
        *err = rows->err;
    release(rows);
    return code;
}

void sqlite_fail(struct db_rows *base, const struct err *err) {
    struct sqlite_rows *rows = (struct sqlite_rows *)base;
    rows->has_first = false;
    rows->is_at_end = true;
    if (rows->err.code == OK)
        rows->err = *err;
}

struct db_value sqlite_value(const struct db_rows *base, int column) {
    sqlite3_stmt *statement = ((const struct sqlite_rows *)base)->statement;
    assert(column < sqlite3_column_count(statement));
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        return DB_INT(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
        return DB_REAL(sqlite3_column_double(statement, column));
    case SQLITE_NULL:
        return DB_NULL;
    default: {
        bool is_text = sqlite3_column_type(statement, column) == SQLITE_TEXT;
        const char *bytes = sqlite3_column_blob(statement, column); /* NULL when empty */
        size_t len = (size_t)sqlite3_column_bytes(statement, column);
        return (struct db_value){ .type = is_text ? DB_TYPE_TEXT : DB_TYPE_BLOB, .text = { bytes == NULL ? "" : bytes, len } };
    }
    }
}

/* ---- opening and closing ---- */

/* Page caches are small: the system's cache holds the file anyway, and an idle server should be too. */
static const char writer_settings[] = "pragma journal_mode = wal;"
                                      "pragma synchronous = full;"
                                      "pragma foreign_keys = on;"
                                      "pragma wal_autocheckpoint = 0;"
                                      "pragma journal_size_limit = 67108864;"
                                      "pragma mmap_size = 0;"
                                      "pragma temp_store = memory;"
                                      "pragma trusted_schema = off;"
                                      "pragma cache_size = -4096;";
static const char reader_settings[] = "pragma query_only = on;"
                                      "pragma wal_autocheckpoint = 0;"
                                      "pragma mmap_size = 0;"
                                      "pragma temp_store = memory;"
                                      "pragma trusted_schema = off;"
                                      "pragma cache_size = -1024;";

/* Setting WAL can fail quietly (on a file system without shared memory): the mode is read back. */
static enum err_code check_mode(struct sqlite_conn *conn, const char *path, struct err *err) {
    struct db_rows *rows;
    TRY(sqlite_query(&conn->tx, &rows, DB_NO_ARGS, STR("pragma journal_mode"), false, err));
    bool is_wal = sqlite_next(rows) && str_eq_c(sqlite_value(rows, 0).text, "wal");
    TRY(sqlite_end(rows, err));
    if (is_wal)
        return OK;
    return err_set(err, ERR_NOT_OFFERED, "'%s' lies on a file system that cannot hold a database's write-ahead log",
                   path);
}

/* SQLite would make a file that others may read; the log's files take the mode of this one. */
static void make_private(const char *path) {
    int fd = open(path, O_CREAT | O_EXCL | O_CLOEXEC | O_WRONLY, 0600);
    if (fd >= 0) /* otherwise it exists, or SQLite will say why it cannot */
        (void)close(fd);
}

enum err_code sqlite_conn_open(struct sqlite_conn *conn, const char *path, bool is_writer, struct err *err) {
    int flags = SQLITE_OPEN_NOMUTEX | (is_writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    enum err_code code = OK;

    *conn = (struct sqlite_conn){ .tx.driver = &db_sqlite_driver };
    if (is_writer)
        make_private(path);
    int result = sqlite3_open_v2(path, &conn->handle, flags, NULL);
    if (result == SQLITE_OK && is_writer && sqlite3_db_readonly(conn->handle, "main") == 1) {
        code = err_set(err, ERR_IO, "cannot open the database '%s': it may only be read", path);
        goto done;
    }
    if (result == SQLITE_OK) {
        (void)sqlite3_extended_result_codes(conn->handle, 1);
        (void)sqlite3_busy_timeout(conn->handle, BUSY_TIMEOUT_MS);
        (void)sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        /* The last connection to close would checkpoint: only the writer may. */
        (void)sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !is_writer, NULL);
        sqlite3_progress_handler(conn->handle, STEPS_BETWEEN_CLOCKS, stop_when_late, conn);
        result = sqlite3_exec(conn->handle, is_writer ? writer_settings : reader_settings, NULL, NULL, NULL);
    }
    if (result != SQLITE_OK) {
        (void)sqlite_conn_error(conn, result, err);
        code = err_add_context(err, "cannot open the database '%s'", path);
        goto done;
    }
    code = is_writer ? check_mode(conn, path, err) : OK;
done:
    if (code != OK)
        sqlite_conn_close(conn);
    return code;
}

void sqlite_conn_close(struct sqlite_conn *conn) {
    sqlite_conn_end_rows(conn);
    for (size_t i = 0; i < STATEMENT_BUCKETS; i++)
        while (conn->buckets[i] != NULL) {
            struct sqlite_rows *rows = conn->buckets[i];
            conn->buckets[i] = rows->next_in_bucket;
            (void)sqlite3_finalize(rows->statement);
            free(rows);
        }
    (void)sqlite3_close(conn->handle);
    conn->handle = NULL;
}
