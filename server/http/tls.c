/* tls.c - see tls.h. */
#include "server/http/tls.h"

#include "base/log.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

enum { REFRESH_MS = 1000 };

struct file_stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct tls {
    SSL_CTX *context;
    char *cert_file, *key_file;
    struct file_stamp cert_stamp, key_stamp;
    int64_t looked_at_ms;
};

static struct file_stamp stamp_of(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0)
        return (struct file_stamp){ 0 };
    return (struct file_stamp){ info.st_dev, info.st_ino, info.st_size, info.st_mtim };
}

static bool stamps_equal(const struct file_stamp *a, const struct file_stamp *b) {
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static enum err_code openssl_error(struct err *err, const char *what, const char *path) {
    char reason[160];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    ERR_clear_error();
    return err_set(err, ERR_BAD_INPUT, "cannot use the %s '%s': %s", what, path, reason);
}

/* HTTP/2 is not spoken: a client that offers it beside HTTP/1.1 is told so. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned offered_len, void *unused) {
    static const unsigned char ours[] = "\x08http/1.1";
    (void)ssl;
    (void)unused;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, offered, offered_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static enum err_code load(SSL_CTX **out, const struct tls *tls, struct err *err) {
    enum err_code code = OK;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context == NULL)
        return openssl_error(err, "certificate", tls->cert_file);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    if (SSL_CTX_use_certificate_chain_file(context, tls->cert_file) != 1)
        code = openssl_error(err, "certificate", tls->cert_file);
    else if (SSL_CTX_use_PrivateKey_file(context, tls->key_file, SSL_FILETYPE_PEM) != 1)
        code = openssl_error(err, "key", tls->key_file);
    else if (SSL_CTX_check_private_key(context) != 1)
        code = openssl_error(err, "key", tls->key_file);
    if (code != OK)
        SSL_CTX_free(context);
    else
        *out = context;
    return code;
}

static void remember_stamps(struct tls *tls) {
    tls->cert_stamp = stamp_of(tls->cert_file);
    tls->key_stamp = stamp_of(tls->key_file);
}

static char *copy_path(struct str path) {
    char *copy = strndup(path.ptr, path.len);
    if (copy == NULL)
        log_fatal("out of memory: cannot keep a path");
    return copy;
}

enum err_code tls_create(struct tls **out, struct str cert_file, struct str key_file, struct err *err) {
    struct tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL)
        log_fatal("out of memory: cannot hold a certificate");
    tls->cert_file = copy_path(cert_file);
    tls->key_file = copy_path(key_file);
    remember_stamps(tls);
    enum err_code code = load(&tls->context, tls, err);
    if (code == OK)
        *out = tls;
    else
        tls_destroy(tls);
    return code;
}

void tls_destroy(struct tls *tls) {
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    free(tls->cert_file);
    free(tls->key_file);
    free(tls);
}

void tls_refresh(struct tls *tls, int64_t now_ms) {
    struct err err = { 0 };
    SSL_CTX *context = NULL;

    if (now_ms - tls->looked_at_ms < REFRESH_MS)
        return;
    tls->looked_at_ms = now_ms;
    struct file_stamp cert = stamp_of(tls->cert_file), key = stamp_of(tls->key_file);
    if (stamps_equal(&cert, &tls->cert_stamp) && stamps_equal(&key, &tls->key_stamp))
        return;
    /* Remembered even when the pair is unusable: a renewal writes one file after the other, and the second
     * change is looked at again. */
    tls->cert_stamp = cert;
    tls->key_stamp = key;
    if (load(&context, tls, &err) != OK) {
        log_warn("the changed certificate is not used: %s", err.message);
        return;
    }
    SSL_CTX_free(tls->context);
    tls->context = context;
    log_info("the certificate '%s' was read again", tls->cert_file);
}

struct ssl_st *tls_accept(struct tls *tls, int fd) {
    SSL *ssl = SSL_new(tls->context);
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_accept_state(ssl);
    return ssl;
}
