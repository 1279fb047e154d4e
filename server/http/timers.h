/* timers.h - deadlines: a binary heap of what happens next. Setting and clearing cost O(log n).
 *
 * Threads: the loop's. Memory: a struct timer lives in what it wakes; the heap only points to it.
 */
#ifndef SERVER_HTTP_TIMERS_H
#define SERVER_HTTP_TIMERS_H

#include <stddef.h>
#include <stdint.h>

struct timer {
    int64_t at_ms;
    size_t place; /* in the heap, from 1; 0 when not set */
};

struct timers {
    struct timer **heap;
    size_t count, capacity;
};

void timers_finish(struct timers *timers);
void timers_set(struct timers *timers, struct timer *timer,
                int64_t at_ms);                                /* moves one that is set already */
void timers_clear(struct timers *timers, struct timer *timer); /* one that is not set is fine */
/* Takes out and answers one whose time has come; NULL when none has. */
struct timer *timers_take_due(struct timers *timers, int64_t now_ms);
/* How long until the next one, 0 when it is due, -1 when there is none: what epoll_wait wants. */
int timers_wait_ms(const struct timers *timers, int64_t now_ms);

#endif
