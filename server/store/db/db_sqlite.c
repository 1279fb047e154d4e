/* db_sqlite.c - the SQLite driver: a writer, and a pool of connections that read. */
#include "server/store/db/db_sqlite.h"

#include "base/clock.h"
#include "base/log.h"

#include <stddef.h>

enum { READ_TIMEOUT_MS = 30000 }; /* a snapshot held longer would keep the log from being copied back */

struct sqlite_db {
    struct db base;
    char *path;
    struct sqlite_writer writer;
    struct pool readers;
    _Atomic int64_t slow_reads;
};

/* ---- reading ---- */

static struct sqlite_conn *conn_of(struct pool_item *item) {
    return item == NULL ? NULL : (struct sqlite_conn *)((char *)item - offsetof(struct sqlite_conn, item));
}

static enum err_code open_reader(struct sqlite_db *db, struct sqlite_conn **out, struct err *err) {
    struct sqlite_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL)
        log_fatal("out of memory: cannot open a connection");
    enum err_code code = sqlite_conn_open(conn, db->path, false, err);
    if (code == OK) {
        *out = conn;
        return OK;
    }
    free(conn);
    pool_give_back(&db->readers, NULL);
    return code;
}

static enum err_code borrow_reader(struct sqlite_db *db, struct sqlite_conn **out, struct err *err) {
    struct pool_item *item;
    TRY(pool_borrow(&db->readers, &item, err));
    *out = conn_of(item);
    return *out == NULL ? open_reader(db, out, err) : OK;
}

static enum err_code sqlite_read(struct db *base, db_work *work, void *context, struct err *err) {
    struct sqlite_db *db = (struct sqlite_db *)base;
    struct sqlite_conn *conn;
    struct err end_err = { 0 };

    TRY(borrow_reader(db, &conn, err));
    conn->deadline_ms = clock_mono_ms() + READ_TIMEOUT_MS;
    enum err_code code = sqlite_exec(&conn->tx, DB_NO_ARGS, "begin", err);
    if (code == OK) {
        db_enter(base, &conn->tx, false);
        code = work(&conn->tx, context, err);
        db_leave();
    }
    sqlite_conn_end_rows(conn);
    db->slow_reads += clock_mono_ms() > conn->deadline_ms;
    conn->deadline_ms = 0;
    if (sqlite3_get_autocommit(conn->handle) == 0 && sqlite_exec(&conn->tx, DB_NO_ARGS, "rollback", &end_err) != OK)
        log_fatal("cannot end a reading transaction: %s", end_err.message);
    pool_give_back(&db->readers, &conn->item);
    return code;
}

/* ---- writing ---- */

static enum err_code sqlite_write(struct db *base, db_work *work, void *context, struct err *err) {
    return write_queue_write(&((struct sqlite_db *)base)->writer.queue, work, context, err);
}

static void sqlite_write_later(struct db *base, db_work *work, void *context,
                               void (*done)(void *context, enum err_code code, const struct err *err)) {
    write_queue_write_later(&((struct sqlite_db *)base)->writer.queue, 0, work, context, done);
}

/* ---- copying ---- */

static enum err_code copy_to(struct sqlite_conn *from, sqlite3 *to, struct err *err) {
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from->handle, "main");
    /* All pages at once: one snapshot, which writers do not wait for. */
    int result = backup == NULL ? sqlite3_errcode(to) : sqlite3_backup_step(backup, -1);
    if (backup != NULL)
        (void)sqlite3_backup_finish(backup);
    if (result == SQLITE_DONE)
        return OK;
    return err_set(err, (result & 0xff) == SQLITE_FULL ? ERR_FULL : ERR_IO, "cannot copy the database: %s", sqlite3_errstr(result));
}

static enum err_code sqlite_copy(struct db *base, const char *path, struct err *err) {
    struct sqlite_db *db = (struct sqlite_db *)base;
    struct sqlite_conn *conn;
    sqlite3 *to = NULL;

    TRY(borrow_reader(db, &conn, err));
    enum err_code code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK
                             ? copy_to(conn, to, err)
                             : err_set(err, ERR_IO, "cannot make the file '%s' for a copy of the database", path);
    (void)sqlite3_close(to);
    pool_give_back(&db->readers, &conn->item);
    return code;
}

static struct db_stats sqlite_stats(struct db *base) {
    struct sqlite_db *db = (struct sqlite_db *)base;
    (void)pthread_mutex_lock(&db->writer.queue.mutex);
    struct db_stats stats = db->writer.queue.stats;
    (void)pthread_mutex_unlock(&db->writer.queue.mutex);
    stats.slow_reads = db->slow_reads;
    return stats;
}

/* The data folder belongs to one process. */
static enum err_code sqlite_lock_schema(struct db_tx *tx, struct err *err) {
    (void)tx;
    (void)err;
    return OK;
}

/* ---- several servers: there is one ---- */

static enum err_code sqlite_now(struct db_tx *tx, int64_t *now_ms, struct err *err) {
    (void)tx;
    (void)err;
    *now_ms = clock_wall_ms();
    return OK;
}

static enum err_code sqlite_write_alone(struct db_tx *tx, struct err *err) {
    (void)tx;
    (void)err;
    return OK;
}

static enum err_code sqlite_subscribe(struct db *base, db_subscriber *subscriber, void *context, struct err *err) {
    (void)err;
    told_set(&((struct sqlite_db *)base)->writer.told, subscriber, context);
    return OK;
}

static void sqlite_unsubscribe(struct db *base) {
    told_set(&((struct sqlite_db *)base)->writer.told, NULL, NULL);
}

/* ---- opening and closing ---- */

static void configure_library(void) {
    /* Its counters of memory would cost a lock for each allocation. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static void free_db(struct sqlite_db *db) {
    pool_destroy(&db->readers);
    free(db->path);
    free(db);
}

static enum err_code create_db(struct sqlite_db **out, struct str path, struct err *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (path.len == 0)
        return err_set(err, ERR_BAD_INPUT, "the database's address 'sqlite:' lacks a file's name");
    (void)pthread_once(&once, configure_library);
    struct sqlite_db *db = calloc(1, sizeof *db);
    if (db == NULL || (db->path = strndup(path.ptr, path.len)) == NULL)
        log_fatal("out of memory: cannot open the database");
    db->base.driver = &db_sqlite_driver;
    pool_init(&db->readers);
    *out = db;
    return OK;
}

static enum err_code sqlite_open_to_read(struct db **out, struct str path, struct err *err) {
    struct sqlite_db *db;
    TRY(create_db(&db, path, err));
    *out = &db->base;
    return OK;
}

static enum err_code sqlite_open(struct db **out, struct str path, struct err *err) {
    struct sqlite_db *db;
    TRY(create_db(&db, path, err));
    enum err_code code = sqlite_writer_start(&db->writer, &db->base, db->path, err);
    if (code != OK) {
        free_db(db);
        return code;
    }
    *out = &db->base;
    return OK;
}

static void sqlite_close(struct db *base) {
    struct sqlite_db *db = (struct sqlite_db *)base;
    struct sqlite_conn *conn;

    if (!base->is_read_only)
        sqlite_writer_stop(&db->writer);
    while ((conn = conn_of(pool_take_idle(&db->readers))) != NULL) {
        sqlite_conn_close(conn);
        free(conn);
    }
    if (!base->is_read_only)
        sqlite_conn_close(&db->writer.conn); /* the last to go: copies the log back */
    free_db(db);
}

/* Before the first work is queued: the connection is idle. */
static void sqlite_loosen(struct db *base) {
    struct sqlite_db *db = (struct sqlite_db *)base;
    (void)sqlite3_exec(db->writer.conn.handle, "pragma foreign_keys = off", NULL, NULL, NULL);
}

const struct db_driver db_sqlite_driver = {
    .scheme = "sqlite:",
    .open = sqlite_open,
    .open_to_read = sqlite_open_to_read,
    .close = sqlite_close,
    .loosen = sqlite_loosen,
    .write = sqlite_write,
    .write_later = sqlite_write_later,
    .read = sqlite_read,
    .copy = sqlite_copy,
    .stats = sqlite_stats,
    .exec = sqlite_exec,
    .exec_script = sqlite_exec_script,
    .write_schema = sqlite_write,
    .lock_schema = sqlite_lock_schema,
    .now = sqlite_now,
    .write_alone = sqlite_write_alone,
    .notify = sqlite_notify,
    .subscribe = sqlite_subscribe,
    .unsubscribe = sqlite_unsubscribe,
    .changed = sqlite_changed,
    .query = sqlite_query,
    .next = sqlite_next,
    .end = sqlite_end,
    .fail = sqlite_fail,
    .value = sqlite_value,
};
