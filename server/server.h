/* server.h - one running server: opened, served, closed. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/arena.h"
#include "server/config.h"

/* Opens everything, prints "listening on URL" on standard output, serves until SIGTERM or SIGINT, finishes what is in
 * flight and closes. */
MUST_CHECK enum err_code server_run(const struct config *config, struct err *err);

/* Where the data lies when nobody says: $XDG_DATA_HOME/barograph, or ~/.local/share/barograph. */
struct str server_default_data(struct arena *arena);

#endif
