/* test_tls.c - the server and the client over TLS, with certificates made on the spot. */
#include "../../base/http_peer.h"
#include "http_fixture.h"

#include "base/http_client.h"

#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[64];
static char cert_file[100], key_file[100];

static void write_pem(const char *path, EVP_PKEY *key, X509 *cert) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    if (cert != NULL)
        assert_int_equal(PEM_write_X509(file, cert), 1);
    else
        assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    (void)fclose(file);
}

/* Signed by itself, for 127.0.0.1 and the given name. */
static void make_certificate(const char *name) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    char names[100];
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const unsigned char *)name,
                               -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    (void)snprintf(names, sizeof names, "DNS:%s", name);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    write_pem(key_file, key, NULL);
    write_pem(cert_file, NULL, cert);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static void speak_tls(struct http_options *options) {
    options->tls_cert_file = str_from_c(cert_file);
    options->tls_key_file = str_from_c(key_file);
    options->hosts = STR("tracker.test");
}

static void be_impatient(struct http_options *options) {
    speak_tls(options);
    options->header_timeout_ms = 200;
}

static int start_with(void **state, void (*adjust)(struct http_options *options)) {
    (void)snprintf(folder, sizeof folder, "/tmp/test_tlsXXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(cert_file, sizeof cert_file, "%s/cert.pem", folder);
    (void)snprintf(key_file, sizeof key_file, "%s/key.pem", folder);
    make_certificate("localhost");
    *state = fixture_start(adjust);
    return 0;
}

static int start(void **state) {
    return start_with(state, speak_tls);
}

static int start_impatient(void **state) {
    return start_with(state, be_impatient);
}

static int stop(void **state) {
    fixture_stop(*state);
    (void)unlink(cert_file);
    (void)unlink(key_file);
    (void)rmdir(folder);
    return 0;
}

static struct http_client *client_of(const struct fixture *fixture, const char *host, const char *ca_file) {
    char base[100];
    struct http_client *client = NULL;
    struct err err = { 0 };
    (void)snprintf(base, sizeof base, "https://%s:%u", host, fixture_port(fixture));
    struct http_client_options options = { .base_url = str_from_c(base), .ca_file = ca_file };
    if (http_client_create(&client, &options, &err) != OK)
        fail_msg("%s", err.message);
    return client;
}

static struct http_response send_ok(struct http_client *client, const struct http_request *request) {
    struct http_response response;
    struct err err = { 0 };
    if (http_client_send(client, request, &response, &err) != OK)
        fail_msg("%s", err.message);
    return response;
}

static void tls__carries_requests_and_responses(void **state) {
    struct http_client *client = client_of(*state, "localhost", cert_file);
    char large[200 * 1000];
    memset(large, 'x', sizeof large);
    struct http_request post = { .method = STR("POST"),
                                 .url = STR("/echo"),
                                 .body = { large, sizeof large } };
    for (int i = 0; i < 5; i++) {
        struct http_response response = send_ok(client, &post);
        assert_int_equal(response.status, 200);
        assert_int_equal(response.body.len, sizeof large);
        assert_memory_equal(response.body.ptr, large, sizeof large);
        http_response_finish(&response);
    }
    struct http_request get = { .method = STR("GET"), .url = STR("/seen") };
    struct http_response response = send_ok(client, &get);
    assert_memory_equal(response.body.ptr, "https://localhost:", 18);
    http_response_finish(&response);
    get.url = STR("/file");
    response = send_ok(client, &get);
    assert_int_equal(response.body.len, 990);
    http_response_finish(&response);
    get.url = STR("/stream?count=9");
    response = send_ok(client, &get);
    assert_int_equal(response.body.len, 900 * 1000);
    http_response_finish(&response);
    http_client_destroy(client);
}

static void tls__takes_large_uploads(void **state) {
    struct http_client *client = client_of(*state, "localhost", cert_file);
    char path[] = "/tmp/test_tlsXXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(ftruncate(fd, 30 << 20), 0);
    struct http_file_part part = { .fd = fd, .length = 30 << 20 };
    struct http_request put = { .method = STR("PUT"), .url = STR("/upload/x"), .body_file = &part };
    struct http_response response = send_ok(client, &put);
    assert_int_equal(response.status, 200);
    assert_int_equal(fixture_log(*state).sink_bytes, 30 << 20);
    http_response_finish(&response);
    (void)close(fd);
    (void)unlink(path);
    http_client_destroy(client);
}

static struct http_client *client_through(const struct http_peer *proxy, const char *base) {
    struct http_client_options options = { .base_url = str_from_c(base), .ca_file = cert_file };
    struct http_client *client = NULL;
    struct err err = { 0 };
    char address[64];
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", proxy->port);
    (void)setenv("https_proxy", address, 1);
    assert_int_equal(http_client_create(&client, &options, &err), OK);
    (void)unsetenv("https_proxy");
    return client;
}

static void tls__goes_through_a_proxys_tunnel(void **state) {
    struct http_peer peer = { .says = STR("HTTP/1.1 200 Connected\r\n\r\n"), .connection_count = 1 };
    make_certificate("tracker.test");
    struct fixture *fixture = fixture_start(speak_tls);
    peer.relays_to = fixture_port(fixture);
    http_peer_start(&peer);
    struct http_client *client = client_through(&peer, "https://tracker.test");
    struct http_request get = { .method = STR("GET"), .url = STR("/seen") };
    for (int i = 0; i < 2; i++) { /* the second through the same tunnel */
        struct http_response response = send_ok(client, &get);
        assert_memory_equal(response.body.ptr, "https://tracker.test|", 21);
        http_response_finish(&response);
    }
    http_client_destroy(client);
    http_peer_finish(&peer);
    fixture_stop(fixture);
    (void)state;
}

/* In the tunnel a name is only a name: nothing but the certificate says who is at its end. */
static void tls__checks_the_name_at_the_end_of_a_tunnel(void **state) {
    struct http_peer peer = { .says = STR("HTTP/1.1 200 Connected\r\n\r\n"), .connection_count = 1 };
    struct http_request get = { .method = STR("GET"), .url = STR("/seen") };
    struct http_response response;
    struct err err = { 0 };
    make_certificate("tracker.test");
    struct fixture *fixture = fixture_start(speak_tls);
    peer.relays_to = fixture_port(fixture);
    http_peer_start(&peer);
    struct http_client *client = client_through(&peer, "https://other.test");
    assert_int_equal(http_client_send(client, &get, &response, &err), ERR_IO);
    assert_non_null(strstr(err.message, "hostname mismatch"));
    http_response_finish(&response);
    http_client_destroy(client);
    http_peer_finish(&peer);
    fixture_stop(fixture);
    (void)state;
}

/* Two requests share a TLS record: when the first one's body has been read, the socket has nothing to say
 * about the second, which OpenSSL holds. */
static void tls__reads_what_was_decrypted_beyond_the_body(void **state) {
    static const char head[] = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n";
    static const char rest[] =
        "helloPOST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nConnection: "
        "close\r\n\r\nworld";
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    char answers[4000] = "";
    int fd = fixture_connect(*state), len = 0, got;
    SSL_set_fd(ssl, fd);
    assert_int_equal(SSL_connect(ssl), 1);
    assert_int_equal(SSL_write(ssl, head, sizeof head - 1), sizeof head - 1);
    usleep(50 * 1000);
    assert_int_equal(SSL_write(ssl, rest, sizeof rest - 1), sizeof rest - 1);
    while ((got = SSL_read(ssl, answers + len, (int)sizeof answers - 1 - len)) > 0)
        len += got;
    assert_non_null(strstr(answers, "\r\n\r\nhelloHTTP/1.1 200 OK"));
    assert_non_null(strstr(answers, "\r\n\r\nworld"));
    SSL_free(ssl);
    SSL_CTX_free(context);
    (void)close(fd);
}

static void assert_not_accepted(struct fixture *fixture, const char *host, const char *ca_file) {
    struct http_client *client = client_of(fixture, host, ca_file);
    struct http_request get = { .method = STR("GET"), .url = STR("/seen") };
    struct http_response response;
    struct err err = { 0 };
    assert_int_equal(http_client_send(client, &get, &response, &err), ERR_IO);
    assert_non_null(strstr(err.message, "the certificate is not accepted"));
    http_response_finish(&response);
    http_client_destroy(client);
}

static void tls__is_refused_by_the_client_for_another_name(void **state) {
    assert_not_accepted(*state, "127.0.0.1", cert_file); /* the certificate says localhost */
}

static void tls__is_refused_by_the_client_for_an_unknown_signer(void **state) {
    assert_not_accepted(*state, "localhost", NULL);
}

static void tls__reads_a_changed_certificate_again(void **state) {
    struct http_request get = { .method = STR("GET"), .url = STR("/seen") };
    struct http_client *before = client_of(*state, "localhost", cert_file);
    struct http_response response = send_ok(before, &get);
    http_response_finish(&response);

    usleep(1100 * 1000);           /* the files are looked at once a second */
    make_certificate("localhost"); /* signed by another key */
    struct http_client *after = client_of(*state, "localhost", cert_file);
    response = send_ok(after, &get);
    assert_int_equal(response.status, 200);
    http_response_finish(&response);
    response = send_ok(before, &get); /* sessions made with the old one live on */
    http_response_finish(&response);
    http_client_destroy(before);
    http_client_destroy(after);
}

static void tls__keeps_the_old_certificate_when_the_new_one_is_unusable(void **state) {
    struct http_request get = { .method = STR("GET"), .url = STR("/seen") };
    char kept[110];
    (void)snprintf(kept, sizeof kept, "%s/kept.pem", folder);
    usleep(1100 * 1000);
    assert_int_equal(rename(cert_file, kept), 0);
    FILE *file = fopen(cert_file, "w");
    (void)fputs("rubbish", file);
    (void)fclose(file);
    struct http_client *client = client_of(*state, "localhost", kept);
    struct http_response response = send_ok(client, &get);
    assert_int_equal(response.status, 200);
    http_response_finish(&response);
    http_client_destroy(client);
    (void)unlink(kept);
}

static void tls__closes_on_a_client_that_speaks_plain(void **state) {
    int fd = fixture_connect(*state);
    send_text(fd, "GET /seen HTTP/1.1\r\nHost: localhost\r\n\r\n");
    char bytes[100];
    while (recv(fd, bytes, sizeof bytes, 0) > 0) { /* an alert, perhaps */
    }
    (void)close(fd);
    struct http_client *client = client_of(*state, "localhost", cert_file);
    struct http_request get = { .method = STR("GET"), .url = STR("/seen") };
    struct http_response response = send_ok(client, &get);
    http_response_finish(&response);
    http_client_destroy(client);
}

/* The beginning of a handshake, and of one that says a little now and then. */
static void tls__ends_handshakes_that_stall(void **state) {
    static const char hello[] = { 22, 3, 1, 2, 0, 1 };
    int silent = fixture_connect(*state), trickling = fixture_connect(*state);
    for (size_t i = 0; i < sizeof hello; i++) {
        (void)send(trickling, hello + i, 1, MSG_NOSIGNAL);
        (void)usleep(50 * 1000);
    }
    assert_true(is_closed_by_server(trickling));
    assert_true(is_closed_by_server(silent));
    (void)close(trickling);
    (void)close(silent);
}

static void tls__names_the_file_that_cannot_be_used(void **state) {
    struct http_options options = { .listen = STR("127.0.0.1:0"),
                                    .tls_cert_file = STR("/nowhere.pem"),
                                    .tls_key_file = STR("/nowhere.key") };
    const struct http_app app = { 0 };
    struct http_server *server = NULL;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(http_server_create(&server, &options, &app, &err), ERR_BAD_INPUT);
    assert_non_null(strstr(err.message, "cannot use the certificate '/nowhere.pem'"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(tls__carries_requests_and_responses),
        TEST(tls__checks_the_name_at_the_end_of_a_tunnel),
        TEST(tls__closes_on_a_client_that_speaks_plain),
        cmocka_unit_test_setup_teardown(tls__ends_handshakes_that_stall, start_impatient, stop),
        TEST(tls__goes_through_a_proxys_tunnel),
        TEST(tls__is_refused_by_the_client_for_an_unknown_signer),
        TEST(tls__is_refused_by_the_client_for_another_name),
        TEST(tls__keeps_the_old_certificate_when_the_new_one_is_unusable),
        cmocka_unit_test(tls__names_the_file_that_cannot_be_used),
        TEST(tls__reads_a_changed_certificate_again),
        TEST(tls__reads_what_was_decrypted_beyond_the_body),
        TEST(tls__takes_large_uploads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
