/* transport.c - see transport.h. */
#include "server/http/transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TLS_PIECE_BYTES = 16 * 1024, FILE_PIECE_BYTES = 1 << 20 };

static long from_errno(ssize_t count) {
    if (count >= 0)
        return (long)count;
    return errno == EAGAIN || errno == EINTR ? TRANSPORT_WAITS : TRANSPORT_FAILED;
}

/* Also clears the queue of errors, which belongs to the thread and not to the session. */
static long from_ssl(struct transport *transport, int result, bool *waits_for_other) {
    int reason = SSL_get_error(transport->ssl, result);
    *waits_for_other = false;
    ERR_clear_error();
    switch (reason) {
    case SSL_ERROR_NONE:
        return result;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_WANT_READ:
        *waits_for_other = waits_for_other == &transport->write_waits_for_read;
        return TRANSPORT_WAITS;
    case SSL_ERROR_WANT_WRITE:
        *waits_for_other = waits_for_other == &transport->read_waits_for_write;
        return TRANSPORT_WAITS;
    default:
        return TRANSPORT_FAILED;
    }
}

static int to_int(size_t len) {
    return len > INT32_MAX ? INT32_MAX : (int)len;
}

long transport_read(struct transport *transport, void *out, size_t room) {
    if (transport->ssl == NULL)
        return from_errno(recv(transport->fd, out, room, 0));
    return from_ssl(transport, SSL_read(transport->ssl, out, to_int(room)), &transport->read_waits_for_write);
}

long transport_write(struct transport *transport, const void *bytes, size_t len, bool more) {
    if (transport->ssl == NULL)
        return from_errno(send(transport->fd, bytes, len, MSG_NOSIGNAL | (more ? MSG_MORE : 0)));
    return from_ssl(transport, SSL_write(transport->ssl, bytes, to_int(len)),
                    &transport->write_waits_for_read);
}

long transport_write_file(struct transport *transport, int fd, uint64_t offset, uint64_t len) {
    char piece[TLS_PIECE_BYTES];
    off_t at = (off_t)offset;

    if (transport->ssl == NULL) {
        long sent = from_errno(
            sendfile(transport->fd, fd, &at, len > FILE_PIECE_BYTES ? FILE_PIECE_BYTES : (size_t)len));
        return sent == 0 ? TRANSPORT_FAILED : sent;
    }
    ssize_t count = pread(fd, piece, len < sizeof piece ? (size_t)len : sizeof piece, at);
    return count <= 0 ? TRANSPORT_FAILED : transport_write(transport, piece, (size_t)count, false);
}

long transport_handshake(struct transport *transport) {
    if (transport->ssl == NULL)
        return 1;
    long result = from_ssl(transport, SSL_do_handshake(transport->ssl), &transport->read_waits_for_write);
    return result == 0 ? TRANSPORT_FAILED : result;
}

bool transport_has_pending(const struct transport *transport) {
    return transport->ssl != NULL && SSL_pending(transport->ssl) > 0;
}

void transport_end_writing(struct transport *transport) {
    if (transport->ssl != NULL && SSL_is_init_finished(transport->ssl))
        (void)SSL_shutdown(transport->ssl);
    ERR_clear_error();
    (void)shutdown(transport->fd, SHUT_WR);
}

void transport_close(struct transport *transport) {
    SSL_free(transport->ssl);
    transport->ssl = NULL;
    if (transport->fd >= 0)
        (void)close(transport->fd);
    transport->fd = -1;
}
