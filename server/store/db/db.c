/* db.c - see db.h. Finds the driver and hands every call to it. */
#include "server/store/db/db.h"

#include "server/store/db/db_driver.h"

static const struct db_driver *const drivers[] = { &db_sqlite_driver, &db_postgres_driver };

static _Thread_local struct {
    struct db *db;
    struct db_tx *tx;
    bool is_writing;
} inside;

static const struct db_driver *find_driver(struct str url) {
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
        if (str_starts_with(url, str_from_c(drivers[i]->scheme)))
            return drivers[i];
    return NULL;
}

static enum err_code refuse_url(struct str url, struct err *err) {
    struct str scheme, rest; /* the rest may hold a password: never shown */
    if (!str_cut(url, ':', &scheme, &rest))
        scheme = STR_EMPTY;
    return err_set(err, ERR_BAD_INPUT, "databases of kind '%.*s' are not known, use sqlite:FILE or postgresql://USER:PASSWORD@HOST/NAME", STR_ARG(scheme));
}

enum err_code db_open_to_read(struct db **out, struct str url, struct err *err) {
    const struct db_driver *driver = find_driver(url);

    if (driver == NULL)
        return refuse_url(url, err);
    struct str rest = str_from(url, strlen(driver->scheme));
    TRY(driver->open_to_read != NULL ? driver->open_to_read(out, rest, err) : driver->open(out, rest, err));
    (*out)->is_read_only = true;
    return OK;
}

enum err_code db_open(struct db **out, struct str url, struct err *err) {
    const struct migration_set known = { migrations, migration_count, BAROGRAPH_VERSION };
    const struct db_driver *driver = find_driver(url);
    struct db *db = NULL;

    if (driver == NULL)
        return refuse_url(url, err);
    TRY(driver->open(&db, str_from(url, strlen(driver->scheme)), err));
    enum err_code code = db_migrate(db, &known, err);
    if (code != OK) {
        db_close(db);
        return code;
    }
    *out = db;
    return OK;
}

void db_close(struct db *db) {
    if (db != NULL)
        db->driver->close(db);
}

void db_enter(struct db *db, struct db_tx *tx, bool is_writing) {
    inside.db = db;
    inside.tx = tx;
    inside.is_writing = is_writing;
}

void db_leave(void) {
    inside.db = NULL;
}

bool db_is_writing(const struct db *db) {
    return inside.db == db && inside.is_writing;
}

enum err_code db_write(struct db *db, db_work *work, void *context, struct err *err) {
    if (inside.db == db && inside.is_writing)
        return err_set(err, ERR_INTERNAL, "a work that writes waits for another that writes");
    if (db->is_read_only)
        return err_set(err, ERR_INTERNAL, "this database was opened to be read");
    return db->driver->write(db, work, context, err);
}

void db_write_later(struct db *db, db_work *work, void *context,
                    void (*done)(void *context, enum err_code code, const struct err *err)) {
    db->driver->write_later(db, work, context, done);
}

void db_append_later(struct db *db, uint64_t key, db_work *work, void *context,
                     void (*done)(void *context, enum err_code code, const struct err *err)) {
    if (db->driver->append_later != NULL)
        db->driver->append_later(db, key, work, context, done);
    else
        db->driver->write_later(db, work, context, done);
}

enum err_code db_read(struct db *db, db_work *work, void *context, struct err *err) {
    if (inside.db == db)
        return work(inside.tx, context, err);
    return db->driver->read(db, work, context, err);
}

enum err_code db_copy(struct db *db, const char *path, struct err *err) {
    return db->driver->copy(db, path, err);
}

bool db_is_shared(const struct db *db) {
    return db->driver->is_shared;
}

enum err_code db_now_ms(struct db_tx *tx, int64_t *now_ms, struct err *err) {
    return tx->driver->now(tx, now_ms, err);
}

enum err_code db_write_alone(struct db_tx *tx, struct err *err) {
    return tx->driver->write_alone(tx, err);
}

enum err_code db_notify(struct db_tx *tx, struct str notice, struct err *err) {
    return tx->driver->notify(tx, notice, err);
}

enum err_code db_subscribe(struct db *db, db_subscriber *subscriber, void *context, struct err *err) {
    return db->driver->subscribe(db, subscriber, context, err);
}

void db_unsubscribe(struct db *db) {
    db->driver->unsubscribe(db);
}

struct db_stats db_get_stats(struct db *db) {
    return db->driver->stats(db);
}

struct db_value db_text(struct str text) {
    return text.ptr == NULL ? DB_NULL : (struct db_value){ .type = DB_TYPE_TEXT, .text = text };
}

enum err_code db_exec(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql,
                      struct err *err) {
    return tx->driver->exec(tx, args, arg_count, sql, err);
}

int64_t db_changed(const struct db_tx *tx) {
    return tx->driver->changed(tx);
}

enum err_code db_lock(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql, struct err *err) {
    return tx->driver->lock != NULL ? tx->driver->lock(tx, args, arg_count, sql, err) : OK;
}

enum err_code db_at_commit(struct db_tx *tx, db_close_work *work, struct db_closing item, struct err *err) {
    return tx->driver->at_commit != NULL ? tx->driver->at_commit(tx, work, item, err) : work(tx, &item, 1, err);
}

enum err_code db_query(struct db_tx *tx, struct db_rows **rows, const struct db_value *args, size_t arg_count,
                       const char *sql, struct err *err) {
    return tx->driver->query(tx, rows, args, arg_count, str_from_c(sql), true, err);
}

enum err_code db_query_ahead(struct db_tx *tx, struct db_rows **rows, const struct db_value *args, size_t arg_count,
                             const char *sql, struct err *err) {
    if (tx->driver->query_ahead != NULL)
        return tx->driver->query_ahead(tx, rows, args, arg_count, sql, err);
    return db_query(tx, rows, args, arg_count, sql, err);
}

enum err_code db_query_text(struct db_tx *tx, struct db_rows **rows, const struct db_value *args, size_t arg_count,
                            struct str sql, struct err *err) {
    return tx->driver->query(tx, rows, args, arg_count, sql, false, err);
}

bool db_next(struct db_rows *rows) {
    return rows->driver->next(rows);
}

enum err_code db_end(struct db_rows *rows, struct err *err) {
    return rows->driver->end(rows, err);
}

enum err_code db_query_int(struct db_tx *tx, const struct db_value *args, size_t arg_count, const char *sql, int64_t *out,
                           struct err *err) {
    struct db_rows *rows;
    *out = 0;
    TRY(db_query(tx, &rows, args, arg_count, sql, err));
    if (db_next(rows))
        *out = db_int(rows, 0);
    return db_end(rows, err);
}

bool db_is_null(const struct db_rows *rows, int column) {
    return rows->driver->value(rows, column).type == DB_TYPE_NULL;
}

int64_t db_int(const struct db_rows *rows, int column) {
    struct db_value value = rows->driver->value(rows, column);
    switch (value.type) {
    case DB_TYPE_INT:
        return value.integer;
    case DB_TYPE_REAL:
        return (int64_t)value.real;
    default:
        return 0;
    }
}

double db_real(const struct db_rows *rows, int column) {
    struct db_value value = rows->driver->value(rows, column);
    switch (value.type) {
    case DB_TYPE_INT:
        return (double)value.integer;
    case DB_TYPE_REAL:
        return value.real;
    default:
        return 0;
    }
}

struct str db_str(const struct db_rows *rows, int column, struct arena *arena) {
    struct db_value value = rows->driver->value(rows, column);
    if (value.type != DB_TYPE_TEXT && value.type != DB_TYPE_BLOB)
        return (struct str){ NULL, 0 };
    if (arena_used_bytes(arena) + value.text.len > DB_MEMORY_MAX) {
        struct err err = { 0 };
        (void)err_set(&err, ERR_TOO_LARGE, "this asks for more than %zu bytes at once; ask for less at a time", DB_MEMORY_MAX);
        rows->driver->fail((struct db_rows *)rows, &err);
        return STR_EMPTY;
    }
    return arena_copy(arena, value.text);
}
