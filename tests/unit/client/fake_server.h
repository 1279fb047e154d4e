/* fake_server.h - a server that says what a test wants, to several connections at once.
 *
 * Threads: the answer is asked for by one connection at a time. Memory: fake_server_stop.
 */
#ifndef TESTS_UNIT_CLIENT_FAKE_SERVER_H
#define TESTS_UNIT_CLIENT_FAKE_SERVER_H

#include "base/str.h"

/* "STATUS\nHEADER\nBODY"; NULL cuts the connection. The request is whole, its body behind the head. */
typedef const char *fake_answer(void *context, struct str request, struct str body);

struct fake_server;
struct fake_server *fake_server_start(fake_answer *answer, void *context);
const char *fake_server_url(const struct fake_server *server);
void fake_server_stop(struct fake_server *server);

#endif
