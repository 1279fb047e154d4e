/* http_peer.c - see http_peer.h. */
#include "http_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in loopback(uint16_t port) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static bool pass_on(int from, int to) {
    char bytes[16 * 1024];
    ssize_t len = recv(from, bytes, sizeof bytes, 0);
    return len > 0 && send(to, bytes, (size_t)len, MSG_NOSIGNAL) == len;
}

static void relay(int client, uint16_t port) {
    struct sockaddr_in address = loopback(port);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool goes_on = connect(server, (struct sockaddr *)&address, sizeof address) == 0;
    while (goes_on) {
        struct pollfd ends[2] = { { .fd = client, .events = POLLIN }, { .fd = server, .events = POLLIN } };
        if (poll(ends, 2, 5000) <= 0)
            break;
        goes_on = (ends[0].revents == 0 || pass_on(client, server)) &&
                  (ends[1].revents == 0 || pass_on(server, client));
    }
    (void)close(server);
}

static void serve_one(struct http_peer *peer, int fd, struct str says) {
    size_t began = peer->heard.len;
    char c;
    while (recv(fd, &c, 1, 0) == 1) {
        buf_append_char(&peer->heard, c);
        if (peer->heard.len - began >= 4 && memcmp(peer->heard.ptr + peer->heard.len - 4, "\r\n\r\n", 4) == 0)
            break;
    }
    (void)send(fd, says.ptr, says.len, MSG_NOSIGNAL);
    if (peer->relays_to != 0)
        relay(fd, peer->relays_to);
}

static void *serve(void *argument) {
    struct http_peer *peer = argument;
    for (int i = 0; i < peer->connection_count; i++) {
        int fd = accept(peer->listener_fd, NULL, NULL);
        if (fd < 0)
            break;
        serve_one(peer, fd, peer->says_each != NULL ? peer->says_each[i] : peer->says);
        (void)close(fd);
    }
    return NULL;
}

void http_peer_start(struct http_peer *peer) {
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof address;
    buf_init(&peer->heard, 1 << 20);
    peer->listener_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(peer->listener_fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(peer->listener_fd, 5) != 0)
        abort();
    (void)getsockname(peer->listener_fd, (struct sockaddr *)&address, &len);
    peer->port = ntohs(address.sin_port);
    if (pthread_create(&peer->thread, NULL, serve, peer) != 0)
        abort();
}

void http_peer_finish(struct http_peer *peer) {
    (void)shutdown(peer->listener_fd, SHUT_RDWR); /* ends an accept that waits */
    pthread_join(peer->thread, NULL);
    (void)close(peer->listener_fd);
    buf_finish(&peer->heard);
}
