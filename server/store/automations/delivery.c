/* delivery.c - see delivery.h. */
#include "server/store/automations/delivery.h"

#include "base/hash.h"
#include "server/store/projects/names.h"

enum { FIRST_PAUSE_MS = 2000, PAUSE_GROWS_BY = 3, LONGEST_PAUSE_MS = 3600000 };

#define DELIVERY_COLUMNS                                                                                                 \
    "id, entity_id, project_id, automation_id, integration_id, run_id, kind, target, subject, state, error, attempts,"   \
    " status_code, next_at, created_at, sent_at, lease_token"

static struct delivery *read_delivery(const struct db_rows *rows, struct arena *arena) {
    struct delivery *delivery = ARENA_NEW(arena, struct delivery);
    delivery->id = db_int(rows, 0);
    delivery->owner = (struct owner){ db_int(rows, 1), db_int(rows, 2) };
    delivery->automation_id = db_int(rows, 3);
    delivery->integration_id = db_int(rows, 4);
    delivery->run_id = db_int(rows, 5);
    delivery->kind = db_str(rows, 6, arena);
    delivery->target = db_str(rows, 7, arena);
    delivery->subject = db_str(rows, 8, arena);
    delivery->state = db_str(rows, 9, arena);
    delivery->error = db_str(rows, 10, arena);
    delivery->attempts = db_int(rows, 11);
    delivery->status_code = db_int(rows, 12);
    delivery->next_at = db_int(rows, 13);
    delivery->created_at = db_int(rows, 14);
    delivery->sent_at = db_int(rows, 15);
    delivery->lease_token = db_int(rows, 16);
    return delivery;
}

static struct db_value id_or_null(int64_t id) {
    return id > 0 ? DB_INT(id) : DB_NULL;
}

enum err_code delivery_add(struct db_tx *tx, const struct delivery *delivery, int64_t now_ms, struct err *err) {
    TRY(name_check_text(delivery->body, "what is to be delivered", DELIVERY_BODY_MAX, err));
    return db_exec(tx,
                   DB_ARGS(DB_TEXT(delivery->kind), DB_INT(delivery->owner.entity_id), DB_INT(delivery->owner.project_id),
                           id_or_null(delivery->automation_id), id_or_null(delivery->integration_id), id_or_null(delivery->run_id),
                           DB_TEXT(delivery->target), DB_TEXT(delivery->subject), DB_TEXT(delivery->body), DB_INT(now_ms)),
                   "insert into deliveries (kind, entity_id, project_id, automation_id, integration_id, run_id, target, subject, body,"
                   " state, attempts, next_at, leased_until, lease_token, created_at)"
                   " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'QUEUED', 0, $10, 0, 0, $10)",
                   err);
}

static enum err_code find_due(struct db_tx *tx, int64_t now_ms, struct arena *arena, struct delivery **out, struct err *err) {
    struct db_rows *rows;
    *out = NULL;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(now_ms)),
                 "select " DELIVERY_COLUMNS ", body from deliveries where state = 'QUEUED' and next_at <= $1 and leased_until <= $1"
                 " order by next_at, id limit 1",
                 err));
    while (db_next(rows)) {
        *out = read_delivery(rows, arena);
        (*out)->body = db_str(rows, 17, arena);
    }
    return db_end(rows, err);
}

enum err_code delivery_is_due(struct db_tx *tx, int64_t now_ms, bool *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(now_ms)),
                 "select 1 from deliveries where state = 'QUEUED' and next_at <= $1 and leased_until <= $1 limit 1", err));
    *out = db_next(rows);
    return db_end(rows, err);
}

enum err_code delivery_take(struct db_tx *tx, int64_t now_ms, struct arena *arena, struct delivery **out, struct err *err) {
    uint32_t random;
    TRY(find_due(tx, now_ms, arena, out, err));
    if (*out == NULL)
        return OK;
    hash_random(&random, sizeof random);
    (*out)->lease_token = (int64_t)random + 1;
    (*out)->attempts++;
    TRY(db_exec(tx, DB_ARGS(DB_INT((*out)->id), DB_INT(now_ms), DB_INT(now_ms + DELIVERY_LEASE_MS), DB_INT((*out)->lease_token)),
                "update deliveries set leased_until = $3, lease_token = $4, attempts = attempts + 1"
                " where id = $1 and state = 'QUEUED' and leased_until <= $2",
                err));
    if (db_changed(tx) != 1)
        *out = NULL;
    return OK;
}

static int64_t pause_after(int64_t attempts) {
    int64_t pause_ms = FIRST_PAUSE_MS;
    for (int64_t i = 1; i < attempts && pause_ms < LONGEST_PAUSE_MS; i++)
        pause_ms *= PAUSE_GROWS_BY;
    return pause_ms < LONGEST_PAUSE_MS ? pause_ms : LONGEST_PAUSE_MS;
}

enum err_code delivery_end(struct db_tx *tx, const struct delivery *delivery, const struct delivery_outcome *outcome, int64_t now_ms,
                           struct err *err) {
    bool is_over = outcome->is_sent || outcome->is_hopeless || delivery->attempts >= DELIVERY_ATTEMPTS_MAX;
    struct str state = outcome->is_sent ? STR("SENT") : is_over ? STR("FAILED") : STR("QUEUED");
    return db_exec(tx,
                   DB_ARGS(DB_INT(delivery->id), DB_INT(delivery->lease_token), DB_TEXT(state),
                           outcome->status_code > 0 ? DB_INT(outcome->status_code) : DB_NULL,
                           DB_TEXT(str_slice(outcome->error, 0, DELIVERY_ERROR_MAX)), DB_INT(now_ms + pause_after(delivery->attempts)),
                           outcome->is_sent ? DB_INT(now_ms) : DB_NULL),
                   "update deliveries set state = $3, status_code = $4, error = $5, next_at = $6, sent_at = $7, leased_until = 0,"
                   " lease_token = 0 where id = $1 and lease_token = $2",
                   err);
}

enum err_code delivery_list(struct db_tx *tx, int64_t project_id, int64_t automation_id, int64_t after_id, size_t limit, struct arena *arena,
                            struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows,
                 DB_ARGS(DB_INT(project_id), DB_INT(automation_id), DB_INT(after_id > 0 ? after_id : INT64_MAX), DB_INT((int64_t)limit)),
                 "select " DELIVERY_COLUMNS " from deliveries where ($1 = 0 or project_id = $1) and ($2 = 0 or automation_id = $2)"
                 " and id < $3 order by id desc limit $4",
                 err));
    while (db_next(rows))
        list_add(out, read_delivery(rows, arena), arena);
    return db_end(rows, err);
}

enum err_code delivery_forget(struct db_tx *tx, int64_t before_ms, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(before_ms)), "delete from deliveries where state <> 'QUEUED' and created_at < $1", err);
}
