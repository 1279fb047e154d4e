/* timers.c - see timers.h. */
#include "server/http/timers.h"

#include "base/log.h"

#include <limits.h>

static void put(struct timers *timers, size_t place, struct timer *timer) {
    timers->heap[place - 1] = timer;
    timer->place = place;
}

static void move_up(struct timers *timers, struct timer *timer) {
    size_t place = timer->place;
    while (place > 1 && timers->heap[place / 2 - 1]->at_ms > timer->at_ms) {
        put(timers, place, timers->heap[place / 2 - 1]);
        place /= 2;
    }
    put(timers, place, timer);
}

static void move_down(struct timers *timers, struct timer *timer) {
    size_t place = timer->place;
    while (place * 2 <= timers->count) {
        size_t child = place * 2;
        if (child < timers->count && timers->heap[child]->at_ms < timers->heap[child - 1]->at_ms)
            child++;
        if (timers->heap[child - 1]->at_ms >= timer->at_ms)
            break;
        put(timers, place, timers->heap[child - 1]);
        place = child;
    }
    put(timers, place, timer);
}

static void grow(struct timers *timers) {
    size_t capacity = timers->capacity == 0 ? 64 : timers->capacity * 2;
    struct timer **heap = realloc(timers->heap, capacity * sizeof *heap);
    if (heap == NULL)
        log_fatal("out of memory: cannot hold %zu timers", capacity);
    timers->heap = heap;
    timers->capacity = capacity;
}

void timers_finish(struct timers *timers) {
    free(timers->heap);
    *timers = (struct timers){ 0 };
}

void timers_set(struct timers *timers, struct timer *timer, int64_t at_ms) {
    if (timer->place == 0) {
        if (timers->count == timers->capacity)
            grow(timers);
        put(timers, ++timers->count, timer);
    }
    timer->at_ms = at_ms;
    move_up(timers, timer);
    move_down(timers, timer);
}

void timers_clear(struct timers *timers, struct timer *timer) {
    if (timer->place == 0)
        return;
    struct timer *last = timers->heap[--timers->count];
    if (last != timer) {
        put(timers, timer->place, last);
        move_up(timers, last);
        move_down(timers, last);
    }
    timer->place = 0;
}

struct timer *timers_take_due(struct timers *timers, int64_t now_ms) {
    if (timers->count == 0 || timers->heap[0]->at_ms > now_ms)
        return NULL;
    struct timer *due = timers->heap[0];
    timers_clear(timers, due);
    return due;
}

int timers_wait_ms(const struct timers *timers, int64_t now_ms) {
    if (timers->count == 0)
        return -1;
    int64_t wait_ms = timers->heap[0]->at_ms - now_ms;
    return wait_ms <= 0 ? 0 : wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}
