/* http_stream.c - see http_stream.h. */
#include "base/http_stream.h"

#include "base/clock.h"
#include "base/http_resolve.h"
#include "base/os.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct http_trust {
    SSL_CTX *context;
    BIO_METHOD *method;
};

/* ---- waiting ---- */

static int until_ms(int64_t deadline_ms) {
    int64_t left_ms = deadline_ms == 0 ? 0 : deadline_ms - clock_mono_ms();
    return left_ms <= 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

static enum err_code wait_for(int fd, short events, int64_t deadline_ms, const char *what, struct err *err) {
    struct pollfd item = { .fd = fd, .events = events };
    int ready;
    do
        ready = poll(&item, 1, until_ms(deadline_ms));
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return err_set(err, ERR_TIMEOUT, "%s took too long", what);
    return ready > 0 ? OK : err_set_errno(err, errno, "cannot wait while %s", what);
}

/* ---- TLS over send and recv: OpenSSL's own socket layer has no way to keep SIGPIPE away ---- */

static int bio_write(BIO *bio, const char *bytes, int len) {
    ssize_t sent = send((int)(intptr_t)BIO_get_data(bio), bytes, (size_t)len, MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(bio);
    return (int)sent;
}

static int bio_read(BIO *bio, char *out, int room) {
    ssize_t len = recv((int)(intptr_t)BIO_get_data(bio), out, (size_t)room, 0);
    BIO_clear_retry_flags(bio);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(bio);
    return (int)len;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO *make_bio(const struct http_trust *trust, int fd) {
    BIO *bio = BIO_new(trust->method);
    if (bio != NULL) {
        BIO_set_data(bio, (void *)(intptr_t)fd);
        BIO_set_init(bio, 1);
    }
    return bio;
}

/* ---- opening ---- */

static enum err_code connect_to(struct http_stream *stream, const struct addrinfo *address,
                                int64_t deadline_ms, struct err *err) {
    int one = 1, failure = 0;
    socklen_t len = sizeof failure;

    stream->fd = os_stream_socket(address->ai_family);
    if (stream->fd < 0)
        return err_set_errno(err, errno, "cannot make a socket");
    (void)setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(stream->fd, address->ai_addr, address->ai_addrlen) == 0)
        return OK;
    if (errno != EINPROGRESS)
        return err_set(err, ERR_IO, "%s", strerror(errno));
    TRY(wait_for(stream->fd, POLLOUT, deadline_ms, "connecting", err));
    if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0 || failure != 0)
        return err_set(err, ERR_IO, "%s", strerror(failure));
    return OK;
}

/* Each address gets its share of the time, so that one that swallows everything does not hide the next. */
static int64_t share_of(int64_t deadline_ms, size_t addresses_left) {
    int64_t now_ms = clock_mono_ms();
    return now_ms + (deadline_ms - now_ms) / (int64_t)(addresses_left > 0 ? addresses_left : 1);
}

static size_t count_addresses(const struct addrinfo *address) {
    size_t count = 0;
    for (; address != NULL; address = address->ai_next)
        count++;
    return count;
}

enum err_code http_stream_open(struct http_stream *stream, struct str host, uint16_t port,
                               bool (*may_connect)(void *context, const struct sockaddr *address),
                               void *context, int64_t deadline_ms, struct err *err) {
    struct addrinfo *addresses = NULL;
    char host_text[256];
    enum err_code code;

    *stream = HTTP_STREAM_CLOSED;
    if (host.len >= sizeof host_text)
        return err_set(err, ERR_BAD_INPUT, "a host's name has at most 255 bytes, got %zu", host.len);
    (void)snprintf(host_text, sizeof host_text, "%.*s", STR_ARG(host));
    TRY(http_resolve(&addresses, host_text, port, deadline_ms, err));
    size_t left = count_addresses(addresses);
    code = err_set(err, ERR_FORBIDDEN, "none of its addresses may be connected to");
    for (struct addrinfo *address = addresses; address != NULL; address = address->ai_next, left--) {
        if (may_connect != NULL && !may_connect(context, address->ai_addr))
            continue;
        code = connect_to(stream, address, share_of(deadline_ms, left), err);
        if (code == OK)
            break;
        http_stream_close(stream);
    }
    freeaddrinfo(addresses);
    return code == OK ? OK : err_add_context(err, "cannot connect to '%s' port %u", host_text, port);
}

static bool is_address(const char *host) {
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST }, *found = NULL;
    bool is_numeric = getaddrinfo(host, NULL, &hints, &found) == 0;
    if (is_numeric)
        freeaddrinfo(found);
    return is_numeric;
}

static bool set_expected_host(SSL *ssl, const char *host) {
    if (is_address(host))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

static enum err_code tls_error(const struct http_stream *stream, const char *what, struct err *err) {
    char reason[160];
    long verdict = SSL_get_verify_result(stream->ssl);
    unsigned long number = ERR_get_error();

    ERR_clear_error();
    if (verdict != X509_V_OK)
        return err_set(err, ERR_IO, "%s: the certificate is not accepted: %s", what,
                       X509_verify_cert_error_string(verdict));
    if (number == 0)
        return err_set(err, ERR_IO, "%s: the connection was closed", what);
    ERR_error_string_n(number, reason, sizeof reason);
    return err_set(err, ERR_IO, "%s: %s", what, reason);
}

/* What to do after an SSL call that did not succeed: OK means try again. */
static enum err_code wait_tls(struct http_stream *stream, int result, int64_t deadline_ms, const char *what,
                              struct err *err) {
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        return wait_for(stream->fd, POLLIN, deadline_ms, what, err);
    case SSL_ERROR_WANT_WRITE:
        return wait_for(stream->fd, POLLOUT, deadline_ms, what, err);
    default:
        return tls_error(stream, what, err);
    }
}

enum err_code http_stream_secure(struct http_stream *stream, const struct http_trust *trust, struct str host,
                                 int64_t deadline_ms, struct err *err) {
    char host_text[256];
    BIO *bio = NULL;
    int result;

    (void)snprintf(host_text, sizeof host_text, "%.*s", STR_ARG(host));
    stream->ssl = SSL_new(trust->context);
    if (stream->ssl != NULL)
        bio = make_bio(trust, stream->fd);
    if (bio == NULL || !set_expected_host(stream->ssl, host_text)) {
        (void)BIO_free(bio);
        return err_set(err, ERR_INTERNAL, "no memory for TLS");
    }
    SSL_set_bio(stream->ssl, bio, bio);
    while ((result = SSL_connect(stream->ssl)) != 1)
        TRY(wait_tls(stream, result, deadline_ms, "agreeing on TLS", err));
    return OK;
}

void http_stream_close(struct http_stream *stream) {
    SSL_free(stream->ssl);
    if (stream->fd >= 0)
        (void)close(stream->fd);
    *stream = HTTP_STREAM_CLOSED;
}

/* ---- reading and writing ---- */

static int to_int(size_t len) {
    return len > INT_MAX ? INT_MAX : (int)len;
}

static enum err_code read_tls(struct http_stream *stream, void *out, size_t room, size_t *len,
                              int64_t deadline_ms, struct err *err) {
    int result;
    while ((result = SSL_read(stream->ssl, out, to_int(room))) <= 0) {
        if (SSL_get_error(stream->ssl, result) == SSL_ERROR_ZERO_RETURN)
            return OK;
        TRY(wait_tls(stream, result, deadline_ms, "reading", err));
    }
    *len = (size_t)result;
    return OK;
}

enum err_code http_stream_read(struct http_stream *stream, void *out, size_t room, size_t *len,
                               int64_t deadline_ms, struct err *err) {
    *len = 0;
    if (stream->ssl != NULL)
        return read_tls(stream, out, room, len, deadline_ms, err);
    for (;;) {
        ssize_t got = recv(stream->fd, out, room, 0);
        if (got >= 0) {
            *len = (size_t)got;
            return OK;
        }
        if (errno != EAGAIN && errno != EINTR)
            return err_set(err, ERR_IO, "cannot read: %s", strerror(errno));
        TRY(wait_for(stream->fd, POLLIN, deadline_ms, "reading", err));
    }
}

static enum err_code write_some(struct http_stream *stream, struct str bytes, size_t *len,
                                int64_t deadline_ms, struct err *err) {
    *len = 0;
    if (stream->ssl != NULL) {
        int result = SSL_write(stream->ssl, bytes.ptr, to_int(bytes.len));
        if (result > 0)
            *len = (size_t)result;
        return result > 0 ? OK : wait_tls(stream, result, deadline_ms, "writing", err);
    }
    ssize_t sent = send(stream->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
    if (sent >= 0)
        *len = (size_t)sent;
    else if (errno == EAGAIN || errno == EINTR)
        return wait_for(stream->fd, POLLOUT, deadline_ms, "writing", err);
    else
        return err_set(err, ERR_IO, "cannot write: %s", strerror(errno));
    return OK;
}

enum err_code http_stream_write(struct http_stream *stream, struct str bytes, int64_t deadline_ms,
                                struct err *err) {
    while (bytes.len > 0) {
        size_t len;
        TRY(write_some(stream, bytes, &len, deadline_ms, err));
        bytes = str_from(bytes, len);
    }
    return OK;
}

bool http_stream_is_stale(const struct http_stream *stream) {
    struct pollfd item = { .fd = stream->fd, .events = POLLIN };
    char c;

    if (poll(&item, 1, 0) == 0)
        return false;
    if (stream->ssl == NULL)
        return true;
    /* TLS 1.3 sends session tickets whenever it likes: only an end counts. */
    int result = SSL_peek(stream->ssl, &c, 1);
    bool waits = result <= 0 && SSL_get_error(stream->ssl, result) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return !waits;
}

/* ---- whom to trust ---- */

/* A library built on one system and used on another looks for certificates where the first one had them. */
static const char *system_file(void) {
    static const char *const known[] = {
        "/etc/ssl/certs/ca-certificates.crt", /* Debian, Ubuntu, Arch, Alpine */
        "/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora, RHEL */
        "/etc/ssl/ca-bundle.pem",             /* SUSE */
        "/etc/ssl/cert.pem",                  /* macOS, BSD */
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (access(known[i], R_OK) == 0)
            return known[i];
    return NULL;
}

static const char *named_file(const char *ca_file) {
    static const char *const variables[] = { "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE" };
    for (size_t i = 0; ca_file == NULL && i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && value[0] != '\0')
            ca_file = value;
    }
    return ca_file;
}

static bool load_certificates(SSL_CTX *trust, const char *ca_file) {
    struct stat found;
    if (ca_file != NULL && stat(ca_file, &found) == 0 && S_ISDIR(found.st_mode))
        return SSL_CTX_load_verify_locations(trust, NULL, ca_file) == 1;
    if (ca_file != NULL)
        return SSL_CTX_load_verify_locations(trust, ca_file, NULL) == 1;
    bool has_default = SSL_CTX_set_default_verify_paths(trust) == 1;
    const char *system = system_file();
    return system == NULL ? has_default : SSL_CTX_load_verify_locations(trust, system, NULL) == 1;
}

static BIO_METHOD *make_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
    if (method == NULL)
        return NULL;
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_ctrl(method, bio_control);
    return method;
}

enum err_code http_trust_create(struct http_trust **out, const char *ca_file, struct err *err) {
    struct http_trust *trust = calloc(1, sizeof *trust);
    if (trust != NULL) {
        trust->context = SSL_CTX_new(TLS_client_method());
        trust->method = make_method();
    }
    if (trust == NULL || trust->context == NULL || trust->method == NULL) {
        http_trust_destroy(trust);
        return err_set(err, ERR_INTERNAL, "no memory for TLS");
    }
    SSL_CTX_set_min_proto_version(trust->context, TLS1_2_VERSION);
    SSL_CTX_set_verify(trust->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(trust->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    ca_file = named_file(ca_file);
    if (!load_certificates(trust->context, ca_file)) {
        ERR_clear_error();
        http_trust_destroy(trust);
        return err_set(err, ERR_BAD_INPUT, "cannot read the certificates in '%s'",
                       ca_file != NULL ? ca_file : "the system");
    }
    ERR_clear_error();
    *out = trust;
    return OK;
}

void http_trust_destroy(struct http_trust *trust) {
    if (trust == NULL)
        return;
    SSL_CTX_free(trust->context);
    BIO_meth_free(trust->method);
    free(trust);
}
