/* publisher.c - see publisher.h. Whatever arrives while one group is on its way to the disk is the next group. */
#include "server/blobs/publisher.h"

#include "base/log.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct publisher {
    struct depot *depot;
    size_t group_max, thread_max;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t has_news;
    struct publishing *first, **end;
    pthread_t threads[PUBLISHER_THREADS_MAX];
    size_t thread_count, idle_count;
    size_t woken_count; /* of the idle ones, to what has been added since */
    bool is_stopping;
};

/* Up to group_max, in their order; none when it is time to stop. */
static size_t take(struct publisher *publisher, struct publishing *group[PUBLISHER_GROUP_MAX]) {
    size_t count = 0;
    (void)pthread_mutex_lock(&publisher->mutex);
    while (publisher->first == NULL && !publisher->is_stopping) {
        publisher->idle_count++;
        (void)pthread_cond_wait(&publisher->has_news, &publisher->mutex);
        publisher->idle_count--;
        publisher->woken_count -= publisher->woken_count > 0;
    }
    while (publisher->first != NULL && count < publisher->group_max) {
        group[count++] = publisher->first;
        publisher->first = publisher->first->next;
    }
    if (publisher->first == NULL)
        publisher->end = &publisher->first;
    (void)pthread_mutex_unlock(&publisher->mutex);
    return count;
}

static void *run(void *context) {
    struct publisher *publisher = context;
    struct publishing *group[PUBLISHER_GROUP_MAX];
    struct depot_arrival *arrivals[PUBLISHER_GROUP_MAX];
    size_t count;

    while ((count = take(publisher, group)) > 0) {
        for (size_t i = 0; i < count; i++)
            arrivals[i] = &group[i]->arrival;
        depot_publish_all(publisher->depot, arrivals, count);
        for (size_t i = 0; i < count; i++)
            group[i]->done(group[i]);
    }
    return NULL;
}

struct publisher *publisher_create(struct depot *depot, size_t group_max, size_t thread_max) {
    assert(group_max >= 1 && group_max <= PUBLISHER_GROUP_MAX);
    assert(thread_max >= 1 && thread_max <= PUBLISHER_THREADS_MAX);
    struct publisher *publisher = calloc(1, sizeof *publisher);
    if (publisher == NULL)
        log_fatal("out of memory: cannot publish files");
    publisher->depot = depot;
    publisher->group_max = group_max;
    publisher->thread_max = thread_max;
    publisher->end = &publisher->first;
    (void)pthread_mutex_init(&publisher->mutex, NULL);
    (void)pthread_cond_init(&publisher->has_news, NULL);
    return publisher;
}

/* Under the lock. One who is idle takes what was added; when all have something to do there is one more, if there may be. */
static int wake_or_start(struct publisher *publisher) {
    int number = 0;
    if (publisher->idle_count > publisher->woken_count) {
        publisher->woken_count++;
        (void)pthread_cond_signal(&publisher->has_news);
    } else if (publisher->thread_count < publisher->thread_max) {
        number = pthread_create(&publisher->threads[publisher->thread_count], NULL, run, publisher);
        publisher->thread_count += number == 0;
    }
    return publisher->thread_count == 0 ? number : 0;
}

void publisher_add(struct publisher *publisher, struct publishing *item) {
    item->next = NULL;
    (void)pthread_mutex_lock(&publisher->mutex);
    *publisher->end = item;
    publisher->end = &item->next;
    int number = wake_or_start(publisher);
    (void)pthread_mutex_unlock(&publisher->mutex);
    if (number != 0)
        log_fatal("cannot start a thread that publishes files: %s", strerrordesc_np(number));
}

void publisher_destroy(struct publisher *publisher) {
    if (publisher == NULL)
        return;
    (void)pthread_mutex_lock(&publisher->mutex);
    publisher->is_stopping = true;
    (void)pthread_cond_broadcast(&publisher->has_news);
    (void)pthread_mutex_unlock(&publisher->mutex);
    for (size_t i = 0; i < publisher->thread_count; i++)
        (void)pthread_join(publisher->threads[i], NULL);
    (void)pthread_mutex_destroy(&publisher->mutex);
    (void)pthread_cond_destroy(&publisher->has_news);
    free(publisher);
}
