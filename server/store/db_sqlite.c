/* db_sqlite.c - the SQLite driver: a writer, and a pool of connections that read. */
#include "server/store/db_sqlite.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>

enum {
    MAX_READERS = 16,         /* connections; more readers wait */
    READER_WAIT_MS = 5000,    /* for a connection */
    READ_TIMEOUT_MS = 30000,  /* a snapshot held longer would keep the log from being copied back */
};

struct sqlite_db {
    struct db base;
    char *path;
    struct sqlite_writer writer;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t has_idle;
    struct sqlite_conn *idle;
    int reader_count;
    int64_t slow_reads;
};

/* ---- reading ---- */

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
    (void)pthread_mutex_lock(&db->mutex);
    db->reader_count--;
    (void)pthread_cond_signal(&db->has_idle);
    (void)pthread_mutex_unlock(&db->mutex);
    return code;
}

static enum err_code borrow_reader(struct sqlite_db *db, struct sqlite_conn **out, struct err *err) {
    struct timespec until;
    int result = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += READER_WAIT_MS / 1000;
    (void)pthread_mutex_lock(&db->mutex);
    while (db->idle == NULL && db->reader_count == MAX_READERS && result != ETIMEDOUT)
        result = pthread_cond_timedwait(&db->has_idle, &db->mutex, &until);
    struct sqlite_conn *conn = db->idle;
    bool may_open = conn == NULL && db->reader_count < MAX_READERS;
    if (conn != NULL)
        db->idle = conn->next_idle;
    if (may_open)
        db->reader_count++;
    (void)pthread_mutex_unlock(&db->mutex);

    if (may_open)
        return open_reader(db, out, err);
    if (conn == NULL)
        return err_set(err, ERR_BUSY, "all %d connections to the database have been busy for %d ms", MAX_READERS,
                       READER_WAIT_MS);
    *out = conn;
    return OK;
}

static void give_back_reader(struct sqlite_db *db, struct sqlite_conn *conn, bool was_slow) {
    (void)pthread_mutex_lock(&db->mutex);
    conn->next_idle = db->idle;
    db->idle = conn;
    db->slow_reads += was_slow;
    (void)pthread_cond_signal(&db->has_idle);
    (void)pthread_mutex_unlock(&db->mutex);
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
    bool was_slow = clock_mono_ms() > conn->deadline_ms;
    conn->deadline_ms = 0;
    if (sqlite3_get_autocommit(conn->handle) == 0 && sqlite_exec(&conn->tx, DB_NO_ARGS, "rollback", &end_err) != OK)
        log_fatal("cannot end a reading transaction: %s", end_err.message);
    give_back_reader(db, conn, was_slow);
    return code;
}

/* ---- writing ---- */

struct waiter {
    db_work *work;
    void *context;
    pthread_mutex_t mutex;
    pthread_cond_t has_ended;
    bool is_done;
    enum err_code code;
    struct err *err;
};

static enum err_code run_for_waiter(struct db_tx *tx, void *context, struct err *err) {
    struct waiter *waiter = context;
    return waiter->work(tx, waiter->context, err);
}

static void wake(void *context, enum err_code code, const struct err *err) {
    struct waiter *waiter = context;
    (void)pthread_mutex_lock(&waiter->mutex);
    waiter->code = code;
    if (code != OK)
        *waiter->err = *err;
    waiter->is_done = true;
    (void)pthread_cond_signal(&waiter->has_ended);
    (void)pthread_mutex_unlock(&waiter->mutex);
}

static const char queue_is_full[] = "too many writes wait for the database";

static enum err_code sqlite_write(struct db *base, db_work *work, void *context, struct err *err) {
    struct sqlite_db *db = (struct sqlite_db *)base;
    struct waiter waiter = { .work = work, .context = context, .err = err };
    struct queued_work item = { .work = run_for_waiter, .context = &waiter, .done = wake };

    (void)pthread_mutex_init(&waiter.mutex, NULL);
    (void)pthread_cond_init(&waiter.has_ended, NULL);
    if (sqlite_writer_add(&db->writer, &item)) {
        (void)pthread_mutex_lock(&waiter.mutex);
        while (!waiter.is_done)
            (void)pthread_cond_wait(&waiter.has_ended, &waiter.mutex);
        (void)pthread_mutex_unlock(&waiter.mutex);
    } else {
        waiter.code = err_set(err, ERR_BUSY, "%s", queue_is_full);
    }
    (void)pthread_mutex_destroy(&waiter.mutex);
    (void)pthread_cond_destroy(&waiter.has_ended);
    return waiter.code;
}

/* A work that nobody waits for carries its own place in the queue. */
struct later {
    struct queued_work item;
    db_work *work;
    void *context;
    void (*done)(void *context, enum err_code code, const struct err *err);
};

static enum err_code run_later(struct db_tx *tx, void *context, struct err *err) {
    struct later *later = context;
    return later->work(tx, later->context, err);
}

static void end_later(void *context, enum err_code code, const struct err *err) {
    struct later *later = context;
    later->done(later->context, code, err);
    free(later);
}

static void sqlite_write_later(struct db *base, db_work *work, void *context,
                               void (*done)(void *context, enum err_code code, const struct err *err)) {
    struct sqlite_db *db = (struct sqlite_db *)base;
    struct later *later = calloc(1, sizeof *later);

    if (later == NULL)
        log_fatal("out of memory: cannot queue a write");
    later->work = work;
    later->context = context;
    later->done = done;
    later->item = (struct queued_work){ .work = run_later, .context = later, .done = end_later };
    if (!sqlite_writer_add(&db->writer, &later->item)) {
        struct err err = { 0 };
        enum err_code code = err_set(&err, ERR_BUSY, "%s", queue_is_full);
        end_later(later, code, &err);
    }
}

static struct db_stats sqlite_stats(struct db *base) {
    struct sqlite_db *db = (struct sqlite_db *)base;
    (void)pthread_mutex_lock(&db->writer.mutex);
    struct db_stats stats = db->writer.stats;
    (void)pthread_mutex_unlock(&db->writer.mutex);
    (void)pthread_mutex_lock(&db->mutex);
    stats.slow_reads = db->slow_reads;
    (void)pthread_mutex_unlock(&db->mutex);
    return stats;
}

/* ---- opening and closing ---- */

static void configure_library(void) {
    /* Its counters of memory would cost a lock for each allocation. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static void free_db(struct sqlite_db *db) {
    (void)pthread_mutex_destroy(&db->mutex);
    (void)pthread_cond_destroy(&db->has_idle);
    free(db->path);
    free(db);
}

static enum err_code sqlite_open(struct db **out, struct str path, struct err *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_condattr_t monotonic;

    if (path.len == 0)
        return err_set(err, ERR_BAD_INPUT, "the database's address 'sqlite:' lacks a file's name");
    (void)pthread_once(&once, configure_library);
    struct sqlite_db *db = calloc(1, sizeof *db);
    if (db == NULL || (db->path = strndup(path.ptr, path.len)) == NULL)
        log_fatal("out of memory: cannot open the database");
    db->base.driver = &db_sqlite_driver;
    (void)pthread_mutex_init(&db->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&db->has_idle, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
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
    sqlite_writer_stop(&db->writer);
    while (db->idle != NULL) {
        struct sqlite_conn *conn = db->idle;
        db->idle = conn->next_idle;
        sqlite_conn_close(conn);
        free(conn);
    }
    sqlite_conn_close(&db->writer.conn); /* the last to go: copies the log back */
    free_db(db);
}

const struct db_driver db_sqlite_driver = {
    .scheme = "sqlite:",
    .open = sqlite_open,
    .close = sqlite_close,
    .write = sqlite_write,
    .write_later = sqlite_write_later,
    .read = sqlite_read,
    .stats = sqlite_stats,
    .exec = sqlite_exec,
    .exec_script = sqlite_exec_script,
    .changed = sqlite_changed,
    .query = sqlite_query,
    .next = sqlite_next,
    .end = sqlite_end,
    .fail = sqlite_fail,
    .value = sqlite_value,
};
