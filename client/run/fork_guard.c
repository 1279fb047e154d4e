/* fork_guard.c - a fork finds no run in the middle of a change: its locks are held by the thread that forks.
 *
 * The list of runs is this library's only global; pthread_atfork handlers get no argument.
 */
#include "client/run/run.h"

static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct baro_run *first_run;
static pthread_once_t registered = PTHREAD_ONCE_INIT;

static void before_fork(void) {
    pthread_mutex_lock(&list_mutex);
    for (struct baro_run *run = first_run; run != NULL; run = run->next) {
        pthread_mutex_lock(&run->link.mutex);
        shared_log_lock(run->log);
    }
}

static void after_fork_in_parent(void) {
    for (struct baro_run *run = first_run; run != NULL; run = run->next) {
        shared_log_unlock(run->log);
        pthread_mutex_unlock(&run->link.mutex);
    }
    pthread_mutex_unlock(&list_mutex);
}

/* The shared mutexes are the parent's to unlock; what the child has alone is made anew. */
static void after_fork_in_child(void) {
    for (struct baro_run *run = first_run; run != NULL; run = run->next)
        sender_link_renew_locks(&run->link);
    pthread_mutex_init(&list_mutex, NULL);
}

static void register_handlers(void) {
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void run_fork_guard_add(struct baro_run *run) {
    pthread_once(&registered, register_handlers);
    pthread_mutex_lock(&list_mutex);
    run->next = first_run;
    first_run = run;
    pthread_mutex_unlock(&list_mutex);
}

void run_fork_guard_remove(struct baro_run *run) {
    pthread_mutex_lock(&list_mutex);
    for (struct baro_run **at = &first_run; *at != NULL; at = &(*at)->next)
        if (*at == run) {
            *at = run->next;
            break;
        }
    pthread_mutex_unlock(&list_mutex);
}
