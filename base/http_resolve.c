/* http_resolve.c - see http_resolve.h. */
#include "base/http_resolve.h"

#include "base/clock.h"
#include "base/os.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { HOST_MAX = 256, PORT_TEXT_MAX = 8 };

int (*http_resolve_look_up)(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **out) = getaddrinfo;

/* Belongs to both sides; the one that is last frees it. */
struct look_up {
    pthread_mutex_t lock;
    pthread_cond_t is_over;
    char host[HOST_MAX], port[PORT_TEXT_MAX];
    struct addrinfo *found;
    int failure;
    bool is_done, is_left_behind;
};

static void look_up_destroy(struct look_up *look_up) {
    (void)pthread_mutex_destroy(&look_up->lock);
    (void)pthread_cond_destroy(&look_up->is_over);
    if (look_up->found != NULL)
        freeaddrinfo(look_up->found);
    free(look_up);
}

static void *run(void *context) {
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct look_up *look_up = context;
    struct addrinfo *found = NULL;

    int failure = http_resolve_look_up(look_up->host, look_up->port, &hints, &found);
    (void)pthread_mutex_lock(&look_up->lock);
    look_up->found = failure == 0 ? found : NULL;
    look_up->failure = failure;
    look_up->is_done = true;
    bool is_left_behind = look_up->is_left_behind;
    (void)pthread_cond_signal(&look_up->is_over);
    (void)pthread_mutex_unlock(&look_up->lock);
    if (is_left_behind)
        look_up_destroy(look_up);
    return NULL;
}

static struct look_up *look_up_create(const char *host, const char *port) {
    struct look_up *look_up = calloc(1, sizeof *look_up);
    if (look_up == NULL)
        return NULL;
    (void)snprintf(look_up->host, sizeof look_up->host, "%s", host);
    (void)snprintf(look_up->port, sizeof look_up->port, "%s", port);
    (void)pthread_mutex_init(&look_up->lock, NULL);
    os_cond_init(&look_up->is_over);
    return look_up;
}

static bool start(struct look_up *look_up) {
    pthread_attr_t attributes;
    pthread_t thread;
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    bool is_started = pthread_create(&thread, &attributes, run, look_up) == 0;
    (void)pthread_attr_destroy(&attributes);
    return is_started;
}

/* False when the time is over before it is done; then the thread frees it. */
static bool wait_until(struct look_up *look_up, int64_t deadline_ms) {
    int result = 0;
    (void)pthread_mutex_lock(&look_up->lock);
    while (!look_up->is_done && result != ETIMEDOUT)
        result = os_cond_wait_until(&look_up->is_over, &look_up->lock, deadline_ms);
    bool is_done = look_up->is_done;
    look_up->is_left_behind = !is_done;
    (void)pthread_mutex_unlock(&look_up->lock);
    return is_done;
}

enum err_code http_resolve(struct addrinfo **out, const char *host, uint16_t port, int64_t deadline_ms, struct err *err) {
    const struct addrinfo numeric = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
    char port_text[PORT_TEXT_MAX];

    (void)snprintf(port_text, sizeof port_text, "%u", port);
    if (getaddrinfo(host, port_text, &numeric, out) == 0)
        return OK;
    struct look_up *look_up = look_up_create(host, port_text);
    if (look_up == NULL || !start(look_up)) {
        if (look_up != NULL)
            look_up_destroy(look_up);
        return err_set(err, ERR_BUSY, "cannot look up '%s': no memory or no thread", host);
    }
    if (!wait_until(look_up, deadline_ms))
        return err_set(err, ERR_TIMEOUT, "cannot find '%s': no name server answered in time", host);
    enum err_code code = OK;
    if (look_up->failure != 0)
        code = err_set(err, ERR_IO, "cannot find '%s': %s", host, gai_strerror(look_up->failure));
    *out = look_up->found;
    look_up->found = NULL;
    look_up_destroy(look_up);
    return code;
}
