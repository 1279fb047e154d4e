/* private_server.h - a server on a folder that no server runs on, for as long as one command needs it: on this machine only, on a port
 * of its own, with nothing in it ended, emptied or told to others because time has passed.
 *
 * Threads: start it before there are any. Memory: the caller's.
 */
#ifndef CLI_PRIVATE_SERVER_H
#define CLI_PRIVATE_SERVER_H

#include "base/str.h"

#include <sys/types.h>

struct private_server {
    pid_t pid; /* 0: none */
    char url[64];
};

struct private_server_options {
    const char *data;
    const char *database, *blobs; /* NULL: the folder's */
};

/* Returns once it answers. What it could not do stands on standard error already. It ends with this process. */
MUST_CHECK enum err_code private_server_start(struct private_server *server, const struct private_server_options *options, struct err *err);
void private_server_stop(struct private_server *server); /* one that is not started is fine */

#endif
