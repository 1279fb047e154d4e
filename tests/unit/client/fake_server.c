/* fake_server.c - see fake_server.h. */
#include "tests/unit/client/fake_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 64, REQUEST_MAX = 1 << 20 };

struct connection {
    struct fake_server *server;
    pthread_t thread;
    int fd;
};

struct fake_server {
    int fd;
    char url[64];
    fake_answer *answer;
    void *context;
    pthread_t thread;
    pthread_mutex_t mutex;
    struct connection connections[CONNECTIONS_MAX];
    size_t count;
};

/* The length of the request at the front, or 0 until it is there. */
static size_t whole_request(const char *text, size_t len, size_t *head_len) {
    const char *body = memmem(text, len, "\r\n\r\n", 4);
    if (body == NULL)
        return 0;
    *head_len = (size_t)(body - text) + 4;
    const char *field = memmem(text, *head_len, "Content-Length: ", 16);
    size_t whole = *head_len + (field == NULL ? 0 : strtoul(field + 16, NULL, 10));
    return len >= whole ? whole : 0;
}

static void send_all(int fd, const char *text, size_t len) {
    for (size_t at = 0; at < len;) {
        ssize_t sent = send(fd, text + at, len - at, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += (size_t)sent;
    }
}

static void send_answer(int fd, const char *answer) {
    char head[2048];
    const char *fields = strchr(answer, '\n') + 1, *body = strchr(fields, '\n') + 1;
    int len = snprintf(head, sizeof head, "HTTP/1.1 %.*s X\r\n%.*s%sContent-Length: %zu\r\n\r\n", (int)(fields - answer - 1), answer,
                       (int)(body - fields - 1), fields, body - fields > 1 ? "\r\n" : "", strlen(body));
    send_all(fd, head, (size_t)len);
    send_all(fd, body, strlen(body));
}

/* False: the connection ends. */
static bool answer_one(struct connection *connection, const char *text, size_t whole, size_t head_len) {
    struct fake_server *server = connection->server;
    pthread_mutex_lock(&server->mutex);
    const char *answer = server->answer(server->context, (struct str){ text, whole }, (struct str){ text + head_len, whole - head_len });
    pthread_mutex_unlock(&server->mutex);
    if (answer != NULL)
        send_answer(connection->fd, answer);
    return answer != NULL;
}

static void *serve_connection(void *context) {
    struct connection *connection = context;
    char *text = malloc(REQUEST_MAX + 1);
    size_t len = 0, head_len = 0, whole;
    ssize_t got;
    assert(text != NULL);
    while (len < REQUEST_MAX && (got = read(connection->fd, text + len, REQUEST_MAX - len)) > 0) {
        len += (size_t)got;
        text[len] = '\0';
        while ((whole = whole_request(text, len, &head_len)) > 0) {
            if (!answer_one(connection, text, whole, head_len))
                goto done;
            memmove(text, text + whole, len - whole);
            len -= whole;
        }
    }
done:
    (void)shutdown(connection->fd, SHUT_RDWR);
    free(text);
    return NULL;
}

static void *serve(void *context) {
    struct fake_server *server = context;
    int fd;
    while (server->count < CONNECTIONS_MAX && (fd = accept(server->fd, NULL, NULL)) >= 0) {
        struct connection *connection = &server->connections[server->count++];
        *connection = (struct connection){ .server = server, .fd = fd };
        int failure = pthread_create(&connection->thread, NULL, serve_connection, connection);
        assert(failure == 0);
        (void)failure;
    }
    return NULL;
}

struct fake_server *fake_server_start(fake_answer *answer, void *context) {
    struct fake_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    if (server == NULL)
        return NULL;
    server->answer = answer;
    server->context = context;
    pthread_mutex_init(&server->mutex, NULL);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->fd, (struct sockaddr *)&address, len) != 0 || listen(server->fd, 16) != 0 ||
        getsockname(server->fd, (struct sockaddr *)&address, &len) != 0 || pthread_create(&server->thread, NULL, serve, server) != 0) {
        free(server);
        return NULL;
    }
    (void)snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u", ntohs(address.sin_port));
    return server;
}

const char *fake_server_url(const struct fake_server *server) {
    return server->url;
}

void fake_server_stop(struct fake_server *server) {
    (void)shutdown(server->fd, SHUT_RDWR);
    (void)pthread_join(server->thread, NULL);
    for (size_t i = 0; i < server->count; i++)
        (void)shutdown(server->connections[i].fd, SHUT_RDWR);
    for (size_t i = 0; i < server->count; i++) {
        (void)pthread_join(server->connections[i].thread, NULL);
        close(server->connections[i].fd);
    }
    close(server->fd);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}
