/* http_peer.h - the other side of one connection, that says what a test wants it to say. */
#ifndef TESTS_HTTP_PEER_H
#define TESTS_HTTP_PEER_H

#include "base/buf.h"

#include <pthread.h>

struct http_peer {
    int listener_fd;
    uint16_t port;
    pthread_t thread;
    struct str says;      /* after it has read a request's head, for each connection */
    const struct str *says_each; /* instead of that: one for each connection */
    uint16_t relays_to;   /* when not 0: bytes go on to this port after that, and back */
    int connection_count; /* how many connections it serves, one after the other */
    struct buf heard;     /* the heads of the requests */
};

void http_peer_start(struct http_peer *peer);
/* Waits until all its connections are over. */
void http_peer_finish(struct http_peer *peer);

#endif
