/* first_start.h - the first administrator, without whom nobody could come in. */
#ifndef SERVER_API_FIRST_START_H
#define SERVER_API_FIRST_START_H

#include "server/api/app.h"

/* When there are no users yet: makes the administrator `admin` with a key, which is admin_key or, when that is empty,
 * made up, and writes it to key_path (mode 0600). On later starts an admin_key that is not known yet becomes another
 * key of `admin`. */
MUST_CHECK enum err_code first_start(struct app *app, struct str admin_key, const char *key_path, struct err *err);

#endif
