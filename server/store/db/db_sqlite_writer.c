/* db_sqlite_writer.c - the one thread that writes: works that wait together share a commit and its fsync. */
#include "server/store/db/db_sqlite.h"

#include "base/clock.h"
#include "base/log.h"

#include <stddef.h>

enum {
    CHECKPOINT_PAGES = 4096,  /* 16 MiB of log: copy back what no reader needs */
    RESTART_PAGES = 40960,    /* 160 MiB: readers have held it back; wait for them */
    RESTART_TIMEOUT_MS = 250,
    IDLE_MS = 1000,
    PAGE_BYTES = 4096,
};

static int note_log_pages(void *context, sqlite3 *handle, const char *name, int pages) {
    (void)handle;
    (void)name;
    ((struct sqlite_writer *)context)->log_pages = pages;
    return SQLITE_OK;
}

/* ---- transactions ---- */

static enum err_code exec(struct sqlite_writer *writer, const char *sql, struct err *err) {
    return sqlite_exec(&writer->conn.tx, DB_NO_ARGS, sql, err);
}

/* Some errors (a full disk among them) have undone the whole transaction already. */
static bool has_transaction(const struct sqlite_writer *writer) {
    return sqlite3_get_autocommit(writer->conn.handle) == 0;
}

static void roll_back(struct sqlite_writer *writer) {
    struct err err = { 0 };
    if (has_transaction(writer) && exec(writer, "rollback", &err) != OK)
        log_fatal("cannot undo a transaction: %s", err.message);
}

static void run_work(struct sqlite_writer *writer, struct queued_work *item) {
    item->err.code = OK;
    db_enter(writer->db, &writer->conn.tx, true);
    item->code = item->work(&writer->conn.tx, item->context, &item->err);
    db_leave();
    sqlite_conn_end_rows(&writer->conn);
}

static void run_alone(struct sqlite_writer *writer, struct queued_work *item) {
    item->code = exec(writer, "begin immediate", &item->err);
    if (item->code != OK)
        return;
    run_work(writer, item);
    if (item->code == OK)
        item->code = exec(writer, "commit", &item->err);
    if (item->code != OK)
        roll_back(writer);
}

/* One work between others: what it did is undone if it fails, and only that. A work may be run again, and PostgreSQL does it
 * to those that are in each other's way; a build for tests (work_runs) does it to all. */
static bool run_among_others(struct sqlite_writer *writer, struct queued_work *item, struct err *err) {
    if (exec(writer, "savepoint work", err) != OK)
        return false;
    for (int i = 0; i < WORK_RUNS; i++) {
        if (i > 0 && exec(writer, "rollback to work", err) != OK)
            return false;
        run_work(writer, item);
        if (!has_transaction(writer))
            return false;
    }
    if (item->code != OK && exec(writer, "rollback to work", err) != OK)
        return false;
    return exec(writer, "release work", err) == OK;
}

/* False when nothing was committed: then each must be tried alone, so that one cannot fail the others. */
static bool run_together(struct sqlite_writer *writer, struct queued_work *batch) {
    struct err err = { 0 };
    bool is_done = exec(writer, "begin immediate", &err) == OK;
    for (struct queued_work *item = batch; is_done && item != NULL; item = item->next)
        is_done = run_among_others(writer, item, &err);
    if (is_done)
        is_done = exec(writer, "commit", &err) == OK;
    if (!is_done)
        roll_back(writer);
    return is_done;
}

/* ---- notices ---- */

enum err_code sqlite_notify(struct db_tx *tx, struct str notice, struct err *err) {
    struct sqlite_writer *writer = (struct sqlite_writer *)((char *)tx - offsetof(struct sqlite_writer, conn));
    if (notice.len >= NOTICE_BYTES_MAX)
        return err_set(err, ERR_INTERNAL, "a notice has %zu bytes: fewer than %d are allowed", notice.len, NOTICE_BYTES_MAX);
    bool is_other = writer->has_notice && !str_eq_c(notice, writer->notice);
    (void)snprintf(writer->notice, sizeof writer->notice, "%.*s", is_other ? 0 : (int)notice.len, notice.ptr);
    writer->has_notice = true;
    return OK;
}

static void tell(struct sqlite_writer *writer) {
    if (!writer->has_notice)
        return;
    writer->has_notice = false;
    told_tell(&writer->told, str_from_c(writer->notice));
}

static void run_batch(struct sqlite_writer *writer, struct queued_work *batch) {
    int64_t commits = 1;
    if ((batch->next == NULL && WORK_RUNS == 1) || !run_together(writer, batch)) {
        commits = 0;
        for (struct queued_work *item = batch; item != NULL; item = item->next, commits++)
            run_alone(writer, item);
    }
    tell(writer); /* before those who wait go on */
    write_queue_end(&writer->queue, batch, commits);
}

/* ---- checkpoints ---- */

static void checkpoint(struct sqlite_writer *writer) {
    int in_log = 0, copied = 0;
    bool must_restart = writer->log_pages >= RESTART_PAGES;
    struct err err = { 0 };

    if (must_restart)
        (void)sqlite3_busy_timeout(writer->conn.handle, RESTART_TIMEOUT_MS);
    int result = sqlite3_wal_checkpoint_v2(writer->conn.handle, NULL,
                                           must_restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
                                           &in_log, &copied);
    if (must_restart)
        (void)sqlite3_busy_timeout(writer->conn.handle, 5000);
    if (result != SQLITE_OK && (result & 0xff) != SQLITE_BUSY) {
        (void)sqlite_conn_error(&writer->conn, result, &err);
        log_error("cannot checkpoint: %s", err.message);
    }
    bool is_complete = result == SQLITE_OK && in_log == copied;
    writer->tried_log_pages = is_complete ? 0 : writer->log_pages;
    if (is_complete)
        writer->log_pages = 0;
    (void)pthread_mutex_lock(&writer->queue.mutex);
    writer->queue.stats.checkpoints++;
    (void)pthread_mutex_unlock(&writer->queue.mutex);
}

/* A checkpoint that readers held back is not tried again at each commit. */
static bool is_checkpoint_due(const struct sqlite_writer *writer) {
    return writer->log_pages >= writer->tried_log_pages + CHECKPOINT_PAGES;
}

/* ---- the thread ---- */

/* With something in the log it does not wait for ever: a quiet moment is the time to copy it back. */
static struct queued_work *take_batch(struct sqlite_writer *writer, bool *is_idle) {
    (void)pthread_mutex_lock(&writer->queue.mutex);
    writer->queue.stats.log_bytes = writer->log_pages * PAGE_BYTES;
    (void)pthread_mutex_unlock(&writer->queue.mutex);
    return write_queue_take(&writer->queue, writer->log_pages > 0 ? IDLE_MS : 0, is_idle);
}

static void *write_until_stopped(void *context) {
    struct sqlite_writer *writer = context;
    struct queued_work *batch;
    bool is_idle;

    while ((batch = take_batch(writer, &is_idle)) != NULL || is_idle) {
        if (batch != NULL)
            run_batch(writer, batch);
        if (is_idle || is_checkpoint_due(writer))
            checkpoint(writer);
    }
    return NULL;
}

enum err_code sqlite_writer_start(struct sqlite_writer *writer, struct db *db, const char *path, struct err *err) {
    TRY(sqlite_conn_open(&writer->conn, path, true, err));
    writer->db = db;
    told_init(&writer->told);
    (void)sqlite3_wal_hook(writer->conn.handle, note_log_pages, writer);
    write_queue_init(&writer->queue);
    int result = pthread_create(&writer->thread, NULL, write_until_stopped, writer);
    if (result != 0) {
        write_queue_destroy(&writer->queue);
        told_destroy(&writer->told);
        sqlite_conn_close(&writer->conn);
        return err_set_errno(err, result, "cannot start the database's thread");
    }
    return OK;
}

void sqlite_writer_stop(struct sqlite_writer *writer) {
    write_queue_stop(&writer->queue);
    (void)pthread_join(writer->thread, NULL);
    write_queue_destroy(&writer->queue);
    told_destroy(&writer->told);
}
