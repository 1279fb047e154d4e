/* lease_keeper.c - takes, renews and gives back the duties of one server. */
#include "server/store/db/lease.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/os.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { OWNER_BYTES = 64, RANDOM_BYTES = 8 };

struct lease_keeper {
    struct db *db;
    struct str owner; /* the machine's name and random digits: no two servers have the same */
    _Atomic int64_t tokens[DUTY_COUNT]; /* 0: another's */
    pthread_t thread;
    pthread_mutex_t lock; /* guards is_stopping */
    pthread_cond_t wakes;
    bool is_stopping;
    struct arena *arena; /* of the owner's name */
};

static struct str name_of(enum duty duty) {
    static const struct str names[DUTY_COUNT] = { [DUTY_HISTORIES] = STR_INIT("histories"), [DUTY_UPKEEP] = STR_INIT("upkeep") };
    return names[duty];
}

/* ---- one duty ---- */

struct taking {
    struct lease_keeper *keeper;
    enum duty duty;
    bool is_free;
    int64_t token;
};

static enum err_code look(struct db_tx *tx, void *context, struct err *err) {
    struct taking *taking = context;
    return lease_is_free(tx, name_of(taking->duty), taking->keeper->owner, &taking->is_free, err);
}

static enum err_code take(struct db_tx *tx, void *context, struct err *err) {
    struct taking *taking = context;
    return lease_take(tx, name_of(taking->duty), taking->keeper->owner, LEASE_MS, &taking->token, err);
}

/* When the database cannot be asked, works of the duty cannot do harm either: they ask it too. */
static void take_or_renew(struct lease_keeper *keeper, enum duty duty) {
    struct taking taking = { .keeper = keeper, .duty = duty };
    struct str name = name_of(duty);
    struct err err;

    enum err_code code = db_read(keeper->db, look, &taking, &err);
    if (code == OK && taking.is_free)
        code = db_write(keeper->db, take, &taking, &err);
    if (code != OK) {
        log_warn("cannot hold the duty '%.*s': %s", STR_ARG(name), err.message);
        return;
    }
    int64_t before = atomic_exchange(&keeper->tokens[duty], taking.token);
    if (taking.token != 0 && taking.token != before)
        log_info("this server has the duty '%.*s' now", STR_ARG(name));
    else if (taking.token == 0 && before != 0)
        log_warn("another server has taken over '%.*s'", STR_ARG(name));
}

static enum err_code give_back(struct db_tx *tx, void *context, struct err *err) {
    struct lease_keeper *keeper = context;
    for (enum duty duty = 0; duty < DUTY_COUNT; duty++)
        if (keeper->tokens[duty] != 0)
            TRY(lease_give_back(tx, name_of(duty), keeper->tokens[duty], err));
    return OK;
}

/* ---- who else is there ---- */

enum { LOOK_AGAIN_MS = LEASE_RENEWAL_MS + 500 };

struct looking {
    struct str owner;
    bool is_alone;
    struct arena *arena;
};

/* A server keeps one connection open for as long as it runs. */
static enum err_code look_for_company(struct db_tx *tx, bool *is_alone, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_NO_ARGS,
                 "select count(*) from pg_stat_activity where datname = current_database()"
                 " and coalesce(backend_type, 'client backend') = 'client backend'"
                 " and coalesce(application_name, '') <> 'barograph-migrate'",
                 err));
    *is_alone = db_next(rows) && db_int(rows, 0) == 0;
    return db_end(rows, err);
}

static enum err_code look_for_owners(struct db_tx *tx, void *context, struct err *err) {
    struct looking *looking = context;
    looking->owner = STR_EMPTY;
    TRY(look_for_company(tx, &looking->is_alone, err));
    for (enum duty duty = 0; duty < DUTY_COUNT && looking->owner.len == 0; duty++)
        TRY(lease_find_owner(tx, name_of(duty), &looking->owner, looking->arena, err));
    return OK;
}

enum err_code lease_find_server(struct db *db, struct str *owner, struct arena *arena, struct err *err) {
    struct looking looking = { .arena = arena };
    const struct timespec pause = { LOOK_AGAIN_MS / 1000, LOOK_AGAIN_MS % 1000 * 1000000 };

    *owner = STR_EMPTY;
    if (!db_is_shared(db))
        return OK;
    TRY(db_read(db, look_for_owners, &looking, err));
    if (looking.owner.len == 0 && !looking.is_alone) {
        (void)nanosleep(&pause, NULL);
        TRY(db_read(db, look_for_owners, &looking, err));
    }
    *owner = looking.owner;
    return OK;
}

/* ---- the thread ---- */

/* False when it is time to stop. */
static bool wait_for_renewal(struct lease_keeper *keeper) {
    int64_t limit_ms = clock_mono_ms() + LEASE_RENEWAL_MS;
    int result = 0;
    (void)pthread_mutex_lock(&keeper->lock);
    while (!keeper->is_stopping && result != ETIMEDOUT)
        result = os_cond_wait_until(&keeper->wakes, &keeper->lock, limit_ms);
    bool goes_on = !keeper->is_stopping;
    (void)pthread_mutex_unlock(&keeper->lock);
    return goes_on;
}

static void *keep(void *context) {
    struct lease_keeper *keeper = context;
    struct err err;

    do
        for (enum duty duty = 0; duty < DUTY_COUNT; duty++)
            take_or_renew(keeper, duty);
    while (wait_for_renewal(keeper));
    if (db_write(keeper->db, give_back, keeper, &err) != OK)
        log_warn("cannot give duties back; they are free in a few seconds: %s", err.message);
    return NULL;
}

static struct str make_owner(struct arena *arena) {
    char host[OWNER_BYTES] = "";
    unsigned char random[RANDOM_BYTES];
    (void)gethostname(host, sizeof host - 1);
    hash_random(random, sizeof random);
    struct str hex = hash_hex(random, sizeof random, arena);
    return arena_printf(arena, "%s %.*s", host, STR_ARG(hex));
}

static void destroy(struct lease_keeper *keeper) {
    (void)pthread_cond_destroy(&keeper->wakes);
    (void)pthread_mutex_destroy(&keeper->lock);
    arena_destroy(keeper->arena);
    free(keeper);
}

enum err_code lease_keeper_start(struct lease_keeper **out, struct db *db, struct err *err) {
    struct lease_keeper *keeper;

    *out = NULL;
    if (!db_is_shared(db))
        return OK;
    keeper = calloc(1, sizeof *keeper);
    if (keeper == NULL)
        log_fatal("out of memory: cannot share the work");
    keeper->db = db;
    keeper->arena = arena_create();
    keeper->owner = make_owner(keeper->arena);
    (void)pthread_mutex_init(&keeper->lock, NULL);
    os_cond_init(&keeper->wakes);
    int result = pthread_create(&keeper->thread, NULL, keep, keeper);
    if (result != 0) {
        destroy(keeper);
        return err_set_errno(err, result, "cannot start the thread that shares the work");
    }
    *out = keeper;
    return OK;
}

void lease_keeper_stop(struct lease_keeper *keeper) {
    if (keeper == NULL)
        return;
    (void)pthread_mutex_lock(&keeper->lock);
    keeper->is_stopping = true;
    (void)pthread_cond_signal(&keeper->wakes);
    (void)pthread_mutex_unlock(&keeper->lock);
    (void)pthread_join(keeper->thread, NULL);
    destroy(keeper);
}

bool lease_keeper_has(struct lease_keeper *keeper, enum duty duty) {
    return keeper == NULL || keeper->tokens[duty] != 0;
}

enum err_code lease_keeper_check(struct lease_keeper *keeper, struct db_tx *tx, enum duty duty, struct err *err) {
    return keeper == NULL ? OK : lease_check(tx, name_of(duty), keeper->tokens[duty], err);
}
