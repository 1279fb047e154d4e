/* setting.h - what the database remembers about itself: names and values. */
#ifndef SERVER_STORE_SETTING_H
#define SERVER_STORE_SETTING_H

#include "server/store/db/db.h"

/* ptr NULL when it is not set. */
MUST_CHECK enum err_code setting_get(struct db_tx *tx, struct str name, struct arena *arena, struct str *out,
                                     struct err *err);
MUST_CHECK enum err_code setting_set(struct db_tx *tx, struct str name, struct str value, struct err *err);

#endif
