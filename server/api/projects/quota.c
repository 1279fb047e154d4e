/* quota.c - see quota.h. */
#include "server/api/projects/quota.h"

#include "base/log.h"
#include "server/store/projects/usage.h"

#include <pthread.h>
#include <stdatomic.h>

/* Whose bytes are counted: an entity, or one of its projects. */
struct holder {
    int64_t entity_id, project_id; /* project_id 0: all of the entity's */
};

/* Users whose numbers fall together share what one may: with ids given out in a row that takes thousands of them. */
enum { USER_SLOTS = 4096 };

struct quota {
    _Atomic int32_t waiting[USER_SLOTS];
    struct quota_limits limits;
    pthread_mutex_t lock;
    struct holder *full;
    size_t full_count;
};

struct quota *quota_create(const struct quota_limits *limits) {
    struct quota *quota = calloc(1, sizeof *quota);
    if (quota == NULL)
        log_fatal("out of memory: cannot count what is stored");
    quota->limits = *limits;
    (void)pthread_mutex_init(&quota->lock, NULL);
    return quota;
}

void quota_destroy(struct quota *quota) {
    if (quota == NULL)
        return;
    (void)pthread_mutex_destroy(&quota->lock);
    free(quota->full);
    free(quota);
}

/* ---- counting ---- */

struct counting {
    struct arena *arena;
    struct list usages;
    bool is_limited; /* all projects are, by the server's options */
};

/* Where nobody has a limit nothing is counted. */
static enum err_code read_usage(struct db_tx *tx, void *context, struct err *err) {
    struct counting *counting = context;
    bool has_limits = counting->is_limited;
    counting->usages = (struct list){ 0 };
    if (!has_limits)
        TRY(usage_has_limits(tx, &has_limits, err));
    if (!has_limits)
        return OK;
    return usage_list(tx, counting->arena, &counting->usages, err);
}

static bool is_full(int64_t bytes, int64_t limit) {
    return limit > 0 && bytes >= limit;
}

/* Usages come by entity. */
static size_t find_full(const struct quota *quota, const struct list *usages, struct holder *full) {
    size_t count = 0;
    int64_t of_entity = 0;
    for (size_t i = 0; i < usages->count; i++) {
        const struct project_usage *usage = usages->items[i];
        const struct project_usage *next = i + 1 < usages->count ? usages->items[i + 1] : NULL;
        of_entity += usage->bytes;
        int64_t project_limit = usage->limit_bytes > 0 ? usage->limit_bytes : quota->limits.project_bytes;
        if (is_full(usage->bytes, project_limit))
            full[count++] = (struct holder){ usage->entity_id, usage->project_id };
        if (next != NULL && next->entity_id == usage->entity_id)
            continue;
        if (is_full(of_entity, quota->limits.entity_bytes))
            full[count++] = (struct holder){ usage->entity_id, 0 };
        of_entity = 0;
    }
    return count;
}

static void keep(struct quota *quota, const struct list *usages) {
    struct holder *full = calloc(usages->count * 2 + 1, sizeof *full);
    if (full == NULL)
        log_fatal("out of memory: cannot count what is stored");
    size_t count = find_full(quota, usages, full);
    (void)pthread_mutex_lock(&quota->lock);
    free(quota->full);
    quota->full = full;
    quota->full_count = count;
    (void)pthread_mutex_unlock(&quota->lock);
}

enum err_code quota_count(struct quota *quota, struct app *app, struct err *err) {
    struct counting counting = {
        .arena = arena_create(), .is_limited = quota->limits.entity_bytes > 0 || quota->limits.project_bytes > 0
    };
    enum err_code code = db_read(app->db, read_usage, &counting, err);
    if (code == OK)
        keep(quota, &counting.usages);
    arena_destroy(counting.arena);
    return code;
}

/* ---- asking ---- */

enum err_code quota_check(struct quota *quota, const struct owner *owner, struct err *err) {
    const struct holder *found = NULL;
    if (quota == NULL)
        return OK;
    (void)pthread_mutex_lock(&quota->lock);
    for (size_t i = 0; i < quota->full_count && found == NULL; i++) {
        const struct holder *holder = &quota->full[i];
        if (holder->entity_id == owner->entity_id && (holder->project_id == 0 || holder->project_id == owner->project_id))
            found = holder;
    }
    bool is_entity = found != NULL && found->project_id == 0;
    (void)pthread_mutex_unlock(&quota->lock);
    if (found == NULL)
        return OK;
    return err_set(err, ERR_TOO_MANY, "%s holds as much as it may: delete something, or ask the administrator for more",
                   is_entity ? "the entity" : "the project");
}

/* ---- waiting ---- */

enum err_code quota_enter(struct quota *quota, int64_t user_id, struct err *err) {
    if (quota == NULL)
        return OK;
    _Atomic int32_t *waiting = &quota->waiting[(uint64_t)user_id % USER_SLOTS];
    if (atomic_fetch_add(waiting, 1) < QUOTA_WAITING_MAX)
        return OK;
    (void)atomic_fetch_sub(waiting, 1);
    return err_set(err, ERR_TOO_MANY, "%d requests of yours are waiting already", QUOTA_WAITING_MAX);
}

void quota_leave(struct quota *quota, int64_t user_id) {
    if (quota != NULL)
        (void)atomic_fetch_sub(&quota->waiting[(uint64_t)user_id % USER_SLOTS], 1);
}
