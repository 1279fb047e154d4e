/* log_in_limits.c - see log_in_limits.h. */
#include "server/api/accounts/log_in_limits.h"

#include "base/hash.h"
#include "base/log.h"

#include <pthread.h>

enum { SLOT_COUNT = 4096 };

/* Two that share a slot push each other out: a guesser gains little by that, since each guess counts against its
 * address as well. */
struct slot {
    uint64_t hash;
    int64_t began_at;
    int failures;
};

struct log_in_limits {
    pthread_mutex_t mutex;
    struct slot names[SLOT_COUNT], addresses[SLOT_COUNT];
};

struct log_in_limits *log_in_limits_create(void) {
    struct log_in_limits *limits = calloc(1, sizeof *limits);
    if (limits == NULL)
        log_fatal("out of memory: cannot count log-ins");
    (void)pthread_mutex_init(&limits->mutex, NULL);
    return limits;
}

void log_in_limits_destroy(struct log_in_limits *limits) {
    if (limits == NULL)
        return;
    (void)pthread_mutex_destroy(&limits->mutex);
    free(limits);
}

/* An empty name is none: who shows a key has no name yet. */
static int failures_of(const struct slot *slots, struct str text, int64_t now_ms) {
    if (text.len == 0)
        return 0;
    uint64_t hash = hash_of_str(text);
    const struct slot *slot = &slots[hash % SLOT_COUNT];
    return slot->hash == hash && now_ms - slot->began_at < LOG_IN_WINDOW_MS ? slot->failures : 0;
}

static void count_one(struct slot *slots, struct str text, int64_t now_ms) {
    if (text.len == 0)
        return;
    uint64_t hash = hash_of_str(text);
    struct slot *slot = &slots[hash % SLOT_COUNT];
    if (slot->hash != hash || now_ms - slot->began_at >= LOG_IN_WINDOW_MS)
        *slot = (struct slot){ hash, now_ms, 0 };
    slot->failures++;
}

enum err_code log_in_limits_check(struct log_in_limits *limits, struct str name, struct str address, int64_t now_ms,
                                  struct err *err) {
    (void)pthread_mutex_lock(&limits->mutex);
    bool is_over = failures_of(limits->names, name, now_ms) >= LOG_INS_PER_NAME ||
                   failures_of(limits->addresses, address, now_ms) >= LOG_INS_PER_ADDRESS;
    (void)pthread_mutex_unlock(&limits->mutex);
    return is_over ? err_set(err, ERR_TOO_MANY, "too many failed log-ins, try again in a few minutes") : OK;
}

void log_in_limits_count_failure(struct log_in_limits *limits, struct str name, struct str address, int64_t now_ms) {
    (void)pthread_mutex_lock(&limits->mutex);
    count_one(limits->names, name, now_ms);
    count_one(limits->addresses, address, now_ms);
    (void)pthread_mutex_unlock(&limits->mutex);
}
