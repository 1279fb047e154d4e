/* transport.h - bytes to and from one socket, with or without TLS, never blocking.
 *
 * Threads: the loop's. Memory: lives in its connection; transport_close.
 */
#ifndef SERVER_HTTP_TRANSPORT_H
#define SERVER_HTTP_TRANSPORT_H

#include "base/str.h"

struct ssl_st;

struct transport {
    int fd;
    struct ssl_st *ssl;        /* NULL: plain */
    bool read_waits_for_write; /* TLS may have to send before it can read, and the other way round */
    bool write_waits_for_read;
};

enum { TRANSPORT_WAITS = -1, TRANSPORT_FAILED = -2 };

/* The count of bytes, 0 at the end of the stream (reading), or one of the two above. */
long transport_read(struct transport *transport, void *out, size_t room);
/* more: further bytes will follow at once. */
long transport_write(struct transport *transport, const void *bytes, size_t len, bool more);
/* From a file at offset; what the file lacks is a failure. */
long transport_write_file(struct transport *transport, int fd, uint64_t offset, uint64_t len);
/* 1 when the two sides agree, else TRANSPORT_WAITS or TRANSPORT_FAILED. Plain ones always agree. */
long transport_handshake(struct transport *transport);
/* Bytes that were received but not yet read: the socket will not say that they are there. */
bool transport_has_pending(const struct transport *transport);
/* Says that nothing more will be written. */
void transport_end_writing(struct transport *transport);
void transport_close(struct transport *transport);

#endif
