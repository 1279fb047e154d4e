/* audit.c - see audit.h. */
#include "server/store/audit.h"

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
