/* db_postgres_writer.c - a thread of this server that writes: works that wait together share a commit.
 *
 * Other servers write at the same time. Transactions are serializable, so a work means what it means with SQLite; when
 * the server finds two in each other's way it ends one, which is run again. The appender's are not: its works lock the
 * rows they decide by, those of many servers go on side by side, and none has to be run again for another's sake.
 *
 * A commit whose answer was lost with the connection is asked after: nothing is done twice, and nothing acknowledged was
 * not done. Each transaction that changes something leaves a mark of its own in its writer's row of write_marks. Its number
 * says when it is over, and no more: PostgreSQL may give it to another after a crash.
 *
 * A transaction that was in another's way is run again alone: each holds a lock, shared at the first try and not shared
 * from the second on. The queue for it is fair, so a second try is enough, however many servers write to one project.
 *
 * A work that fails between others is undone alone, by a savepoint. These cost a round trip each, and PostgreSQL slows
 * down beyond 64 in a transaction: the appender, whose works seldom fail, begins without and takes them at a second try.
 */
#include "server/store/db/db_postgres.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"

#include <time.h>

enum {
    TRIES = 8,              /* of a transaction that others were in the way of */
    TRIES_TOGETHER = 3,     /* before each of its works is tried for itself */
    ALONE_AFTER = 32,       /* transactions that are run alone once others were in the way */
    WORKS_MAX = 256,        /* of one transaction, and the time after which no more are begun in it */
    WORKS_MS_MAX = 25,
    OUTCOME_WAIT_MS = 20000, /* for the server to be back and tell how a commit ended */
    MARK_LIFE_MS = 24 * 3600 * 1000,
};

enum outcome {
    DONE,
    AGAIN,  /* nothing was done: run it again */
    FAILED, /* nothing was done, and again would end the same */
    LOST,   /* nothing was done, and there is no connection any more */
    AWAY,   /* nothing was done: the database cannot be reached, or somebody has locked what is to be changed */
};

static enum err_code exec(struct postgres_writer *writer, const char *sql, struct err *err) {
    return postgres_exec(&writer->conn.tx, DB_NO_ARGS, sql, err);
}

static void pause_ms(int64_t ms) {
    struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };
    (void)nanosleep(&pause, NULL);
}

/* Longer with each try, and different for each server. */
static void step_aside(int tries) {
    uint16_t jitter;
    hash_random(&jitter, sizeof jitter);
    pause_ms(1 + jitter % (4 << tries));
}

/* ---- connection ---- */

static enum err_code connect(struct postgres_writer *writer, struct err *err) {
    if (!postgres_conn_is_lost(&writer->conn))
        return OK;
    if (writer->conn.handle != NULL) {
        postgres_conn_close(&writer->conn);
        log_warn("the connection to the database is lost; connecting again");
    }
    TRY(postgres_conn_open(&writer->conn, writer->url, true, err));
    writer->conn.is_appender = writer->kind == POSTGRES_APPENDS;
    return OK;
}

#define LOCK "7021390518290002"

static void roll_back(struct postgres_writer *writer) {
    struct err err = { 0 };
    if (writer->conn.must_retry && writer->kind == POSTGRES_WRITES)
        writer->alone_left = ALONE_AFTER;
    writer->conn.closing_count = 0;
    postgres_conn_end_rows(&writer->conn);
    postgres_conn_forgive(&writer->conn);
    if (postgres_conn_is_lost(&writer->conn))
        return;
    if (exec(writer, "rollback", &err) != OK || exec(writer, "select pg_advisory_unlock_all()", &err) != OK ||
        postgres_conn_finish(&writer->conn, &err) != OK)
        postgres_conn_close(&writer->conn);
}

/* ---- a transaction ---- */

static enum err_code take_id(struct postgres_writer *writer, const char *sql, int64_t *id, struct err *err) {
    struct db_rows *rows;
    TRY(postgres_query(&writer->conn.tx, &rows, DB_NO_ARGS, str_from_c(sql), true, err));
    *id = postgres_next(rows) ? postgres_value(rows, 0).integer : 0;
    return postgres_end(rows, err);
}

/* Before the first migrations there is no table for marks. Its old rows go once, where nobody has to be run again for it. */
static enum err_code find_marks(struct postgres_writer *writer, struct err *err) {
    int64_t is_there;
    TRY(take_id(writer, "select case when to_regclass('write_marks') is null then 0 else 1 end", &is_there, err));
    writer->has_marks = is_there != 0;
    if (!writer->has_marks || writer->kind != POSTGRES_APPENDS)
        return OK;
    return postgres_exec(&writer->conn.tx, DB_ARGS(DB_INT(clock_wall_ms() - MARK_LIFE_MS)),
                         "delete from write_marks where written_at < $1", err);
}

/* Nothing to mark where nothing was changed. */
static enum err_code leave_mark(struct postgres_writer *writer, struct err *err) {
    writer->mark++;
    if (!writer->has_marks || writer->conn.changes == writer->changes_before)
        return OK;
    return postgres_exec(&writer->conn.tx, DB_ARGS(DB_TEXT(str_from_c(writer->name)), DB_INT(writer->mark), DB_INT(clock_wall_ms())),
                         "insert into write_marks (writer, mark, written_at) values ($1, $2, $3)"
                         " on conflict (writer) do update set mark = excluded.mark, written_at = excluded.written_at",
                         err);
}

static enum err_code begin_unmarked(struct postgres_writer *writer, int64_t *id, struct err *err) {
    if (writer->kind == POSTGRES_APPENDS) {
        TRY(exec(writer, "begin isolation level read committed", err));
        TRY(exec(writer, "select pg_advisory_xact_lock_shared(" LOCK ")", err));
        return take_id(writer, "select pg_current_xact_id()::text::bigint", id, err);
    }
    writer->conn.is_alone = writer->alone_left > 0;
    writer->alone_left -= writer->conn.is_alone;
    TRY(exec(writer, writer->conn.is_alone ? "select pg_advisory_lock(" LOCK ")" : "select pg_advisory_lock_shared(" LOCK ")", err));
    TRY(postgres_conn_fence(&writer->conn, err)); /* what is read is newer than the lock */
    TRY(exec(writer, "begin isolation level serializable", err));
    return take_id(writer, "select pg_current_xact_id()::text::bigint", id, err);
}

/* id: the transaction's number, by which it can be asked whether it is over. */
static enum err_code begin(struct postgres_writer *writer, int64_t *id, struct err *err) {
    TRY(begin_unmarked(writer, id, err));
    if (!writer->has_marks)
        TRY(find_marks(writer, err));
    writer->changes_before = writer->conn.changes;
    return OK;
}

static void run_unsettled(struct postgres_writer *writer, struct queued_work *item) {
    item->err.code = OK;
    db_enter(writer->db, &writer->conn.tx, true);
    item->code = item->work(&writer->conn.tx, item->context, &item->err);
    db_leave();
    postgres_conn_end_rows(&writer->conn);
}

static void run_work(struct postgres_writer *writer, struct queued_work *item) {
    struct err err = { 0 };

    run_unsettled(writer, item);
    /* An error that came out late is the work's own. */
    if (postgres_conn_finish(&writer->conn, &err) != OK && item->code == OK) {
        item->code = err.code;
        item->err = err;
    }
}

/* One work between others: what it did is undone if it fails, and only that. */
static enum err_code run_among_others(struct postgres_writer *writer, struct queued_work *item, struct err *err) {
    size_t closing_count = writer->conn.closing_count;
    TRY(exec(writer, "savepoint work", err));
    run_work(writer, item);
    if (item->code == OK)
        return exec(writer, "release savepoint work", err);
    if (writer->conn.must_retry || postgres_conn_is_lost(&writer->conn)) {
        *err = item->err;
        return err_set(err, ERR_BUSY, "the transaction has to be run again");
    }
    postgres_conn_forgive(&writer->conn);
    writer->conn.closing_count = closing_count;
    TRY(exec(writer, "rollback to savepoint work", err));
    return exec(writer, "release savepoint work", err);
}

/* The same when works seldom fail: there is nothing to undo unless it has changed something before. */
static enum err_code run_trustingly(struct postgres_writer *writer, struct queued_work *item, struct err *err) {
    int64_t changes = writer->conn.changes;
    run_unsettled(writer, item);
    if (item->code == OK || (writer->conn.changes == changes && writer->conn.failed.code == OK))
        return OK;
    *err = item->err;
    return err_set(err, ERR_BUSY, "the transaction has to be run again, a savepoint for each work");
}

/* 'committed', 'aborted', or 'in progress' while the old server process still holds it. A standby that took over without
 * having seen the transaction refuses its number: it is over there. */
static enum err_code ask_status(struct postgres_writer *writer, int64_t id, bool *is_committed, bool *is_over, struct err *err) {
    struct db_rows *rows;
    enum err_code code = postgres_query(&writer->conn.tx, &rows, DB_ARGS(DB_INT(id)), STR("select pg_xact_status($1::text::xid8)"), true, err);
    if (code == OK) {
        struct str status = postgres_next(rows) ? postgres_value(rows, 0).text : STR_EMPTY;
        *is_committed = str_eq_c(status, "committed");
        *is_over = *is_committed || str_eq_c(status, "aborted");
        code = postgres_end(rows, err);
    }
    if (code != ERR_INTERNAL)
        return code;
    postgres_conn_forgive(&writer->conn);
    *is_over = true;
    return OK;
}

static enum err_code ask_mark(struct postgres_writer *writer, bool *is_committed, struct err *err) {
    struct db_rows *rows;
    TRY(postgres_query(&writer->conn.tx, &rows, DB_ARGS(DB_TEXT(str_from_c(writer->name))), STR("select mark from write_marks where writer = $1"), true, err));
    *is_committed = postgres_next(rows) && postgres_value(rows, 0).integer == writer->mark;
    return postgres_end(rows, err);
}

static enum err_code ask_outcome(struct postgres_writer *writer, int64_t id, bool *is_committed, bool *is_over, struct err *err) {
    *is_committed = *is_over = false;
    TRY(connect(writer, err));
    TRY(ask_status(writer, id, is_committed, is_over, err));
    return *is_over && writer->has_marks ? ask_mark(writer, is_committed, err) : OK;
}

/* What cannot be found out in time is not done again by us: whoever waits is told to ask again. */
static enum outcome find_outcome(struct postgres_writer *writer, int64_t id, struct err *err) {
    int64_t until_ms = clock_mono_ms() + OUTCOME_WAIT_MS;
    bool is_committed = false, is_over = false;

    while (ask_outcome(writer, id, &is_committed, &is_over, err) != OK || !is_over) {
        if (clock_mono_ms() > until_ms) {
            log_error("it is not known whether transaction %lld was committed: %s", (long long)id, err->message);
            (void)err_set(err, ERR_BUSY, "the database went away in the middle of a commit");
            writer->conn.failed = *err;
            return AWAY;
        }
        if (!postgres_conn_is_lost(&writer->conn))
            postgres_conn_forgive(&writer->conn);
        pause_ms(100);
    }
    postgres_conn_forgive(&writer->conn);
    log_warn("transaction %lld, whose answer was lost, was %s", (long long)id, is_committed ? "committed" : "not committed");
    return is_committed ? DONE : AGAIN;
}

static enum outcome commit(struct postgres_writer *writer, int64_t id, struct err *err) {
    bool is_closed = postgres_conn_run_closings(&writer->conn, err) == OK && leave_mark(writer, err) == OK;
    bool was_lost = postgres_conn_is_lost(&writer->conn);
    if (is_closed && exec(writer, "commit", err) == OK && exec(writer, "select pg_advisory_unlock_all()", err) == OK &&
        postgres_conn_finish(&writer->conn, err) == OK)
        return DONE;
    if (writer->conn.must_retry)
        return AGAIN;
    if (postgres_conn_is_lost(&writer->conn))
        return was_lost ? LOST : find_outcome(writer, id, err);
    return writer->conn.is_blocked ? AWAY : FAILED;
}

static enum outcome outcome_of(const struct postgres_writer *writer) {
    if (writer->conn.must_retry)
        return AGAIN;
    return postgres_conn_is_lost(&writer->conn) ? LOST : writer->conn.is_blocked ? AWAY : FAILED;
}

static enum outcome run_alone(struct postgres_writer *writer, struct queued_work *item) {
    int64_t id;

    item->code = connect(writer, &item->err);
    if (item->code != OK)
        return AWAY;
    if (begin(writer, &id, &item->err) != OK) {
        item->code = item->err.code;
        return outcome_of(writer);
    }
    run_work(writer, item);
    if (item->code != OK)
        return outcome_of(writer);
    enum outcome outcome = commit(writer, id, &item->err);
    if (outcome != DONE)
        item->code = item->err.code;
    return outcome;
}

/* Each would wait as long as this one has, one after the other. */
static enum outcome fail_all(struct queued_work *batch, const struct err *err, struct queued_work **rest) {
    for (struct queued_work *item = batch; item != NULL; item = item->next)
        item->code = (item->err = *err).code;
    *rest = NULL;
    return AWAY;
}

/* *rest: the works that were left for the next transaction. */
static enum outcome run_together(struct postgres_writer *writer, struct queued_work *batch, bool is_trusting,
                                 struct queued_work **rest) {
    struct queued_work *item = batch;
    struct err err = { 0 };
    int64_t id;

    if (connect(writer, &err) != OK)
        return fail_all(batch, &err, rest);
    enum err_code code = begin(writer, &id, &err);
    int64_t until_ms = clock_mono_ms() + WORKS_MS_MAX;
    for (int count = 0; code == OK && item != NULL; item = item->next) {
        if (count == WORKS_MAX || (count > 0 && clock_mono_ms() > until_ms))
            break;
        code = (is_trusting ? run_trustingly : run_among_others)(writer, item, &err);
        count++;
    }
    *rest = item;
    enum outcome outcome = code == OK ? commit(writer, id, &err) : outcome_of(writer);
    return outcome == AWAY ? fail_all(batch, &writer->conn.failed, rest) : outcome;
}

enum err_code postgres_write_alone(struct db_tx *tx, struct err *err) {
    struct postgres_conn *conn = (struct postgres_conn *)tx;
    if (conn->is_alone)
        return OK;
    conn->must_retry = true;
    return err_set(err, ERR_BUSY, "this is to be done while no other server writes");
}

static void run_until_settled(struct postgres_writer *writer, struct queued_work *item) {
    for (int tries = 1;; tries++) {
        enum outcome outcome = run_alone(writer, item);
        if (outcome == DONE)
            return;
        bool was_retried = writer->conn.must_retry;
        roll_back(writer);
        if (outcome == AWAY || outcome == FAILED || tries == TRIES) {
            if (was_retried)
                item->code = err_set(&item->err, ERR_BUSY, "other servers kept changing the same rows %d times", TRIES);
            return;
        }
        step_aside(tries);
    }
}

/* False when each has to be tried for itself. */
static bool run_together_until_settled(struct postgres_writer *writer, struct queued_work *batch, struct queued_work **rest) {
    bool is_trusting = writer->kind == POSTGRES_APPENDS;
    for (int tries = 1; tries <= TRIES_TOGETHER; tries++) {
        enum outcome outcome = run_together(writer, batch, is_trusting, rest);
        if (outcome != DONE)
            roll_back(writer);
        if (outcome == DONE || outcome == AWAY)
            return true;
        if (outcome != AGAIN && !is_trusting)
            return false;
        is_trusting = false;
    }
    return false;
}

/* Takes the works before `rest` off the list, and tells whoever waits for them. */
static void end_part(struct postgres_writer *writer, struct queued_work *batch, const struct queued_work *rest, int64_t commits) {
    struct queued_work *last = batch;
    while (last->next != rest)
        last = last->next;
    last->next = NULL;
    write_queue_end(&writer->queue, batch, commits);
}

static void run_batch(struct postgres_writer *writer, struct queued_work *batch) {
    while (batch != NULL) {
        struct queued_work *rest = NULL;
        int64_t commits = 1;
        if (batch->next == NULL || !run_together_until_settled(writer, batch, &rest)) {
            rest = batch;
            for (commits = 0; rest != NULL && commits < WORKS_MAX; rest = rest->next, commits++)
                run_until_settled(writer, rest);
        }
        end_part(writer, batch, rest, commits);
        batch = rest;
    }
}

static void *write_until_stopped(void *context) {
    struct postgres_writer *writer = context;
    struct queued_work *batch;
    bool is_idle;

    while ((batch = write_queue_take(&writer->queue, 0, &is_idle)) != NULL)
        run_batch(writer, batch);
    return NULL;
}

enum err_code postgres_writer_start(struct postgres_writer *writer, enum postgres_writer_kind kind, struct db *db,
                                    const char *url, struct err *err) {
    uint64_t random[2];

    *writer = (struct postgres_writer){ .db = db, .url = url, .kind = kind };
    hash_random(random, sizeof random);
    (void)snprintf(writer->name, sizeof writer->name, "%016llx%016llx", (unsigned long long)random[0], (unsigned long long)random[1]);
    TRY(postgres_conn_open(&writer->conn, url, true, err));
    writer->conn.is_appender = kind == POSTGRES_APPENDS;
    write_queue_init(&writer->queue);
    int result = pthread_create(&writer->thread, NULL, write_until_stopped, writer);
    if (result != 0) {
        write_queue_destroy(&writer->queue);
        postgres_conn_close(&writer->conn);
        return err_set_errno(err, result, "cannot start the database's thread");
    }
    return OK;
}

void postgres_writer_stop(struct postgres_writer *writer) {
    write_queue_stop(&writer->queue);
    (void)pthread_join(writer->thread, NULL);
    write_queue_destroy(&writer->queue);
    postgres_conn_close(&writer->conn);
}
