/* db_postgres.c - the PostgreSQL driver: a writer, an appender, and a pool of connections that read. */
#include "server/store/db/db_postgres.h"

#include "base/log.h"

#include <stddef.h>
#include <stdlib.h>

struct postgres_db {
    struct db base;
    char *url;
    struct postgres_writer writer, appender;
    struct pool readers;
    struct postgres_listener listener;
    _Atomic int64_t slow_reads;
};

/* ---- reading ---- */

static struct postgres_conn *conn_of(struct pool_item *item) {
    return item == NULL ? NULL : (struct postgres_conn *)((char *)item - offsetof(struct postgres_conn, item));
}

static void close_reader(struct postgres_db *db, struct postgres_conn *conn) {
    postgres_conn_close(conn);
    free(conn);
    pool_give_back(&db->readers, NULL);
}

static enum err_code open_reader(struct postgres_db *db, struct postgres_conn **out, struct err *err) {
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        log_fatal("out of memory: cannot open a connection");
    enum err_code code = postgres_conn_open(*out, db->url, false, err);
    if (code == OK)
        return OK;
    free(*out);
    pool_give_back(&db->readers, NULL);
    return code;
}

static enum err_code borrow_reader(struct postgres_db *db, struct postgres_conn **out, struct err *err) {
    struct pool_item *item;
    TRY(pool_borrow(&db->readers, &item, err));
    *out = conn_of(item);
    return *out == NULL ? open_reader(db, out, err) : OK;
}

static enum err_code read_on(struct postgres_db *db, struct postgres_conn *conn, db_work *work, void *context,
                             struct err *err) {
    struct err end_err = { 0 };
    enum err_code code = postgres_exec(&conn->tx, DB_NO_ARGS, "begin isolation level repeatable read, read only", err);
    if (code == OK) {
        db_enter(&db->base, &conn->tx, false);
        code = work(&conn->tx, context, err);
        db_leave();
    }
    postgres_conn_end_rows(conn);
    if (postgres_conn_finish(conn, &end_err) != OK && code == OK) {
        *err = end_err;
        code = end_err.code;
    }
    postgres_conn_forgive(conn);
    /* Its answer is read with whatever is asked next. */
    if (!postgres_conn_is_lost(conn) && (postgres_exec(&conn->tx, DB_NO_ARGS, "rollback", &end_err) != OK ||
                                         postgres_conn_fence(conn, &end_err) != OK))
        log_warn("cannot end a reading transaction: %s", end_err.message);
    return code;
}

/* After the database was away, every idle connection is a broken one: each is tried, and thrown away. */
static enum err_code postgres_read(struct db *base, db_work *work, void *context, struct err *err) {
    struct postgres_db *db = (struct postgres_db *)base;
    struct postgres_conn *conn;

    for (int tries = 0;; tries++) {
        TRY(borrow_reader(db, &conn, err));
        enum err_code code = read_on(db, conn, work, context, err);
        if (!postgres_conn_is_lost(conn)) {
            pool_give_back(&db->readers, &conn->item);
            return code;
        }
        close_reader(db, conn);
        if (code == OK || tries == POOL_CONNECTIONS_MAX)
            return code;
    }
}

/* ---- writing ---- */

static enum err_code postgres_write(struct db *base, db_work *work, void *context, struct err *err) {
    return write_queue_write(&((struct postgres_db *)base)->writer.queue, work, context, err);
}

static void postgres_write_later(struct db *base, db_work *work, void *context,
                                 void (*done)(void *context, enum err_code code, const struct err *err)) {
    write_queue_write_later(&((struct postgres_db *)base)->writer.queue, 0, work, context, done);
}

static void postgres_append_later(struct db *base, uint64_t key, db_work *work, void *context,
                                  void (*done)(void *context, enum err_code code, const struct err *err)) {
    write_queue_write_later(&((struct postgres_db *)base)->appender.queue, key, work, context, done);
}

static enum err_code postgres_copy(struct db *base, const char *path, struct err *err) {
    (void)base;
    (void)path;
    return err_set(err, ERR_NOT_OFFERED, "PostgreSQL is backed up with its own tools: pg_dump, or a base backup with its log");
}

static struct db_stats postgres_stats(struct db *base) {
    struct postgres_db *db = (struct postgres_db *)base;
    struct db_stats stats = write_queue_stats(&db->writer.queue), appended = write_queue_stats(&db->appender.queue);
    stats.works += appended.works;
    stats.commits += appended.commits;
    stats.queued_works += appended.queued_works;
    return stats;
}

#define SCHEMA_LOCK "7021390518290001"

static enum err_code postgres_lock_schema(struct db_tx *tx, struct err *err) {
    return postgres_exec(tx, DB_NO_ARGS, "select pg_advisory_xact_lock(" SCHEMA_LOCK ")", err);
}

static enum err_code wait_for_schema(struct postgres_conn *conn, struct err *err) {
    struct db_rows *rows;
    TRY(postgres_exec(&conn->tx, DB_NO_ARGS, "set lock_timeout = 0", err)); /* migrations may take their time */
    TRY(postgres_query(&conn->tx, &rows, DB_NO_ARGS, STR("select case when pg_try_advisory_lock(" SCHEMA_LOCK ") then 1 else 0 end"), true, err));
    bool is_ours = postgres_next(rows) && postgres_value(rows, 0).integer != 0;
    TRY(postgres_end(rows, err));
    if (is_ours)
        return OK;
    log_info("another server brings the database up to date; waiting for it");
    TRY(postgres_exec(&conn->tx, DB_NO_ARGS, "select pg_advisory_lock(" SCHEMA_LOCK ")", err));
    return postgres_conn_finish(conn, err);
}

/* Several servers may start at once: one migrates, the others wait and find it done. The lock has a connection of its own, so that
 * the transaction begins, and sees what others did, after it was had. */
static enum err_code postgres_write_schema(struct db *base, db_work *work, void *context, struct err *err) {
    struct postgres_conn lock;
    TRY(postgres_conn_open(&lock, ((struct postgres_db *)base)->url, true, err));
    enum err_code code = wait_for_schema(&lock, err);
    if (code == OK)
        code = postgres_write(base, work, context, err);
    postgres_conn_close(&lock);
    return code;
}

/* ---- several servers ---- */

static enum err_code postgres_subscribe(struct db *base, db_subscriber *subscriber, void *context, struct err *err) {
    return postgres_listener_start(&((struct postgres_db *)base)->listener, subscriber, context, err);
}

static void postgres_unsubscribe(struct db *base) {
    postgres_listener_stop(&((struct postgres_db *)base)->listener);
}

/* ---- opening and closing ---- */

static void free_db(struct postgres_db *db) {
    postgres_listener_destroy(&db->listener);
    pool_destroy(&db->readers);
    free(db->url);
    free(db);
}

static enum err_code postgres_open(struct db **out, struct str rest_of_url, struct err *err) {
    TRY(libpq_load(err));
    struct postgres_db *db = calloc(1, sizeof *db);
    if (db == NULL || asprintf(&db->url, "postgresql:%.*s", STR_ARG(rest_of_url)) < 0)
        log_fatal("out of memory: cannot open the database");
    db->base.driver = &db_postgres_driver;
    pool_init(&db->readers);
    postgres_listener_init(&db->listener, db->url);
    enum err_code code = postgres_writer_start(&db->writer, POSTGRES_WRITES, &db->base, db->url, err);
    if (code == OK && (code = postgres_writer_start(&db->appender, POSTGRES_APPENDS, &db->base, db->url, err)) != OK)
        postgres_writer_stop(&db->writer);
    if (code != OK) {
        free_db(db);
        return code;
    }
    *out = &db->base;
    return OK;
}

static void postgres_close(struct db *base) {
    struct postgres_db *db = (struct postgres_db *)base;
    struct postgres_conn *conn;

    postgres_listener_stop(&db->listener);
    postgres_writer_stop(&db->appender); /* what it ends may queue more for the writer */
    postgres_writer_stop(&db->writer);
    while ((conn = conn_of(pool_take_idle(&db->readers))) != NULL) {
        postgres_conn_close(conn);
        free(conn);
    }
    free_db(db);
}

const struct db_driver db_postgres_driver = {
    .scheme = "postgresql:",
    .open = postgres_open,
    .close = postgres_close,
    .write = postgres_write,
    .write_later = postgres_write_later,
    .append_later = postgres_append_later,
    .read = postgres_read,
    .copy = postgres_copy,
    .stats = postgres_stats,
    .exec = postgres_exec,
    .exec_script = postgres_exec_script,
    .write_schema = postgres_write_schema,
    .lock_schema = postgres_lock_schema,
    .is_shared = true,
    .now = postgres_now,
    .write_alone = postgres_write_alone,
    .notify = postgres_notify,
    .subscribe = postgres_subscribe,
    .unsubscribe = postgres_unsubscribe,
    .changed = postgres_changed,
    .lock = postgres_lock,
    .at_commit = postgres_at_commit,
    .query = postgres_query,
    .query_ahead = postgres_query_ahead,
    .next = postgres_next,
    .end = postgres_end,
    .fail = postgres_fail,
    .value = postgres_value,
};
