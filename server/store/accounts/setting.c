/* setting.c - see setting.h. */
#include "server/store/accounts/setting.h"

enum err_code setting_get(struct db_tx *tx, struct str name, struct arena *arena, struct str *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct str){ NULL, 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(name)), "select value from settings where name = $1", err));
    if (db_next(rows))
        *out = db_str(rows, 0, arena);
    return db_end(rows, err);
}

enum err_code setting_set(struct db_tx *tx, struct str name, struct str value, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_TEXT(name), DB_TEXT(value)),
                   "insert into settings (name, value) values ($1, $2) "
                   "on conflict (name) do update set value = excluded.value",
                   err);
}
