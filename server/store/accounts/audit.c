/* audit.c - see audit.h. */
#include "server/store/accounts/audit.h"

#include "base/clock.h"

static struct db_value id_or_null(int64_t id) {
    return id == 0 ? DB_NULL : DB_INT(id);
}

enum err_code audit_add(struct db_tx *tx, const struct actor *actor, const char *action, int64_t entity_id,
                        struct str subject, struct err *err) {
    return db_exec(tx,
                   DB_ARGS(DB_INT(clock_wall_ms()), DB_TEXT(str_from_c(action)), id_or_null(actor->user_id),
                           id_or_null(actor->key_id), DB_TEXT(actor->address), id_or_null(entity_id), DB_TEXT(subject)),
                   "insert into audit (at, action, user_id, key_id, address, entity_id, subject) "
                   "values ($1, $2, $3, $4, $5, $6, $7)",
                   err);
}

static struct audit_row *read_row(struct db_rows *rows, struct arena *arena) {
    struct audit_row *row = ARENA_NEW(arena, struct audit_row);
    row->id = db_int(rows, 0);
    row->at = db_int(rows, 1);
    row->action = db_str(rows, 2, arena);
    row->username = db_str(rows, 3, arena);
    row->key_id = db_int(rows, 4);
    row->address = db_str(rows, 5, arena);
    row->entity = db_str(rows, 6, arena);
    row->subject = db_str(rows, 7, arena);
    return row;
}

enum err_code audit_list(struct db_tx *tx, int64_t after_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(after_id), DB_INT(AUDIT_LISTED_MAX)),
                 "select a.id, a.at, a.action, u.username, a.key_id, a.address, e.name, a.subject from audit a "
                 "left join users u on u.id = a.user_id left join entities e on e.id = a.entity_id "
                 "where a.id > $1 order by a.id limit $2",
                 err));
    while (db_next(rows))
        list_add(out, read_row(rows, arena), arena);
    return db_end(rows, err);
}
