/* settler.c - see settler.h. */
#include "server/blobs/settler.h"

#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>

enum { GROUP_MAX = 64 };

struct settler {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t has_news;
    struct settling *first;
    bool is_running, is_stopping;
};

/* Those of the file that came first, in their order; none when it is time to stop. */
static size_t take(struct settler *settler, struct settling *group[GROUP_MAX]) {
    size_t count = 0;
    (void)pthread_mutex_lock(&settler->mutex);
    while (settler->first == NULL && !settler->is_stopping)
        (void)pthread_cond_wait(&settler->has_news, &settler->mutex);
    for (struct settling **link = &settler->first; *link != NULL && count < GROUP_MAX;) {
        struct settling *item = *link;
        if (count > 0 && gather_of(item->arrival.place) != gather_of(group[0]->arrival.place)) {
            link = &item->next;
            continue;
        }
        group[count++] = item;
        *link = item->next;
    }
    (void)pthread_mutex_unlock(&settler->mutex);
    return count;
}

static void *run(void *context) {
    struct settler *settler = context;
    struct settling *group[GROUP_MAX];
    const struct gather_arrival *arrivals[GROUP_MAX];
    size_t count;

    while ((count = take(settler, group)) > 0) {
        struct err err = { 0 };
        for (size_t i = 0; i < count; i++)
            arrivals[i] = &group[i]->arrival;
        enum err_code code = gather_settle(arrivals, count, &err);
        for (size_t i = 0; i < count; i++)
            group[i]->done(group[i], code, &err);
    }
    return NULL;
}

struct settler *settler_create(void) {
    struct settler *settler = calloc(1, sizeof *settler);
    if (settler == NULL)
        log_fatal("out of memory: cannot take large files");
    (void)pthread_mutex_init(&settler->mutex, NULL);
    (void)pthread_cond_init(&settler->has_news, NULL);
    return settler;
}

void settler_add(struct settler *settler, struct settling *item) {
    int number = 0;
    item->next = NULL;
    (void)pthread_mutex_lock(&settler->mutex);
    struct settling **end = &settler->first;
    while (*end != NULL)
        end = &(*end)->next;
    *end = item;
    if (!settler->is_running)
        number = pthread_create(&settler->thread, NULL, run, settler);
    settler->is_running = true;
    (void)pthread_cond_signal(&settler->has_news);
    (void)pthread_mutex_unlock(&settler->mutex);
    if (number != 0)
        log_fatal("cannot start a thread that waits for the disk: %s", strerrordesc_np(number));
}

void settler_destroy(struct settler *settler) {
    if (settler == NULL)
        return;
    (void)pthread_mutex_lock(&settler->mutex);
    settler->is_stopping = true;
    (void)pthread_cond_signal(&settler->has_news);
    (void)pthread_mutex_unlock(&settler->mutex);
    if (settler->is_running)
        (void)pthread_join(settler->thread, NULL);
    (void)pthread_cond_destroy(&settler->has_news);
    (void)pthread_mutex_destroy(&settler->mutex);
    free(settler);
}
