/* db_postgres_listener.c - hears what other servers notify of, and keeps this process by the database's clock.
 *
 * Two servers whose clocks are ten minutes apart would take each other's runs for silent and each other's links for out of
 * date. So clock_wall_ms goes by the database in both of them.
 */
#include "server/store/db/db_postgres.h"

#include "base/clock.h"
#include "base/log.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    CLOCK_PERIOD_MS = 5000,
    CLOCK_TOLERANCE_MS = 100, /* smaller differences are the way's, and time had better not jump */
    CLOCK_ANSWER_MS = 1000,   /* a slower answer says too little */
    CONNECT_PAUSE_MS = 500,
};

/* ---- what a transaction asks for ---- */

enum err_code postgres_now(struct db_tx *tx, int64_t *now_ms, struct err *err) {
    struct db_rows *rows;
    TRY(postgres_query(tx, &rows, DB_NO_ARGS, STR("select (extract(epoch from clock_timestamp()) * 1000)::bigint"), true, err));
    *now_ms = postgres_next(rows) ? postgres_value(rows, 0).integer : 0;
    return postgres_end(rows, err);
}

enum err_code postgres_notify(struct db_tx *tx, struct str notice, struct err *err) {
    if (notice.len >= NOTICE_BYTES_MAX)
        return err_set(err, ERR_INTERNAL, "a notice has %zu bytes: fewer than %d are allowed", notice.len, NOTICE_BYTES_MAX);
    return postgres_exec(tx, DB_ARGS(DB_TEXT(notice)), "select pg_notify('barograph', $1)", err);
}

/* ---- the connection ---- */

static enum err_code set_clock(struct postgres_listener *listener, struct err *err) {
    int64_t theirs_ms, asked_ms = clock_mono_ms();

    TRY(postgres_now(&listener->conn.tx, &theirs_ms, err));
    int64_t took_ms = clock_mono_ms() - asked_ms;
    int64_t wrong_by_ms = theirs_ms + took_ms / 2 - clock_wall_ms();
    if (took_ms > CLOCK_ANSWER_MS || llabs(wrong_by_ms) <= CLOCK_TOLERANCE_MS)
        return OK;
    clock_shift_wall_ms(wrong_by_ms);
    log_warn("the clock is set right by %lld ms: it was off the database's", (long long)wrong_by_ms);
    return OK;
}

static enum err_code listen_again(struct postgres_listener *listener, struct err *err) {
    if (!postgres_conn_is_lost(&listener->conn))
        return OK;
    if (listener->conn.handle != NULL)
        postgres_conn_close(&listener->conn);
    TRY(postgres_conn_open(&listener->conn, listener->url, false, err));
    enum err_code code = postgres_exec(&listener->conn.tx, DB_NO_ARGS, "listen barograph", err);
    if (code == OK)
        code = postgres_conn_finish(&listener->conn, err);
    if (code == OK)
        code = set_clock(listener, err);
    if (code == OK)
        told_tell(&listener->told, STR_EMPTY); /* what was said while nobody listened is lost */
    else
        postgres_conn_close(&listener->conn);
    return code;
}

/* ---- the thread ---- */

static void tell_all(struct postgres_listener *listener) {
    PGnotify *notify;
    if (libpq.PQconsumeInput(listener->conn.handle) != 1)
        return;
    while ((notify = libpq.PQnotifies(listener->conn.handle)) != NULL) {
        told_tell(&listener->told, str_from_c(notify->extra));
        libpq.PQfreemem(notify);
    }
}

/* False when it is time to stop. */
static bool wait_for_notices(struct postgres_listener *listener, int limit_ms) {
    bool is_open = !postgres_conn_is_lost(&listener->conn);
    struct pollfd waits[] = { { .fd = listener->stop_pipe[0], .events = POLLIN },
                              { .fd = is_open ? libpq.PQsocket(listener->conn.handle) : -1, .events = POLLIN } };
    (void)poll(waits, 2, limit_ms);
    return waits[0].revents == 0;
}

static void *hear(void *context) {
    struct postgres_listener *listener = context;
    int64_t next_clock_ms = clock_mono_ms() + CLOCK_PERIOD_MS;
    bool was_lost = false;
    int pause_ms = CLOCK_PERIOD_MS;

    while (wait_for_notices(listener, pause_ms)) {
        struct err err = { 0 };
        enum err_code code = listen_again(listener, &err);
        if (code == OK && clock_mono_ms() >= next_clock_ms) {
            code = set_clock(listener, &err);
            next_clock_ms = clock_mono_ms() + CLOCK_PERIOD_MS;
        }
        if (code == OK)
            tell_all(listener);
        else if (!was_lost)
            log_warn("cannot hear what other servers change: %s", err.message);
        was_lost = code != OK;
        pause_ms = was_lost || postgres_conn_is_lost(&listener->conn) ? CONNECT_PAUSE_MS : CLOCK_PERIOD_MS;
    }
    return NULL;
}

void postgres_listener_init(struct postgres_listener *listener, const char *url) {
    *listener = (struct postgres_listener){ .url = url };
    told_init(&listener->told);
}

void postgres_listener_destroy(struct postgres_listener *listener) {
    told_destroy(&listener->told);
}

enum err_code postgres_listener_start(struct postgres_listener *listener, db_subscriber *subscriber, void *context,
                                      struct err *err) {
    TRY(listen_again(listener, err));
    if (pipe(listener->stop_pipe) != 0)
        log_fatal("cannot make a pipe for the database's thread");
    told_set(&listener->told, subscriber, context);
    if (pthread_create(&listener->thread, NULL, hear, listener) != 0)
        log_fatal("cannot start the thread that hears the database");
    listener->is_running = true;
    return OK;
}

void postgres_listener_stop(struct postgres_listener *listener) {
    if (!listener->is_running)
        return;
    if (write(listener->stop_pipe[1], "", 1) != 1)
        log_fatal("cannot stop the thread that hears the database");
    (void)pthread_join(listener->thread, NULL);
    told_set(&listener->told, NULL, NULL);
    (void)close(listener->stop_pipe[0]);
    (void)close(listener->stop_pipe[1]);
    postgres_conn_close(&listener->conn);
    listener->is_running = false;
}
