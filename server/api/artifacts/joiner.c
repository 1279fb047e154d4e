/* joiner.c - see joiner.h. */
#include "server/api/artifacts/joiner.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/os.h"
#include "server/api/app.h"
#include "server/blobs/depot.h"
#include "server/store/db/lease.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    JOINING_THREADS = 2,
    JOINTS_MAX = 64,
    WAITERS_MAX = 64, /* of one file: a client asks again every half minute */
    LOOK_MS = 1000,
    IDLE_MAX_MS = 10 * 60 * 1000,
    ENDED_MAX_MS = 60 * 1000,     /* the draft remembers what was joined */
    OWNER_BYTES = 16,
};

struct joiner {
    struct app *app;
    int64_t idle_max_ms;
    struct arena *arena;
    struct str owner; /* in the leases */
    pthread_t threads[JOINING_THREADS + 1]; /* the last one renews leases */
    size_t thread_count;
    pthread_mutex_t lock; /* guards all that follows, and the joints */
    pthread_cond_t wakes; /* the joining threads */
    pthread_cond_t stops; /* the one that renews leases */
    _Atomic bool is_stopping;
    struct joint *joints;
    size_t joint_count;
    struct settler *settler;
};

static void lock(struct joiner *joiner) {
    (void)pthread_mutex_lock(&joiner->lock);
}

static void unlock(struct joiner *joiner) {
    (void)pthread_mutex_unlock(&joiner->lock);
}

/* ---- the files ---- */

static struct joint *find(struct joiner *joiner, int64_t artifact_id, struct str path) {
    struct joint *joint = joiner->joints;
    while (joint != NULL && (joint->artifact_id != artifact_id || !str_eq_c(path, joint->path)))
        joint = joint->next;
    return joint;
}

/* Removing its file may take a while: nobody waits for that. */
static void remove_joint(struct joiner *joiner, struct joint *joint) {
    struct joint **link = &joiner->joints;
    while (*link != joint)
        link = &(*link)->next;
    *link = joint->next;
    joiner->joint_count--;
    unlock(joiner);
    joint_destroy(joint);
    lock(joiner);
}

static struct joint *find_oldest_idle(struct joiner *joiner) {
    struct joint *oldest = NULL;
    for (struct joint *joint = joiner->joints; joint != NULL; joint = joint->next)
        if (joint_is_idle(joint) && (oldest == NULL || joint->used_at_ms < oldest->used_at_ms))
            oldest = joint;
    return oldest;
}

/* NULL when others wait for as many as there may be. */
static struct joint *find_or_add(struct joiner *joiner, int64_t artifact_id, struct str path) {
    struct joint *oldest = joiner->joint_count < JOINTS_MAX ? NULL : find_oldest_idle(joiner);
    if (find(joiner, artifact_id, path) == NULL && oldest != NULL)
        remove_joint(joiner, oldest);
    struct joint *joint = find(joiner, artifact_id, path); /* the lock was given away */
    if (joint == NULL && joiner->joint_count < JOINTS_MAX) {
        joint = joint_create(artifact_id, path);
        joint->next = joiner->joints;
        joiner->joints = joint;
        joiner->joint_count++;
    }
    if (joint != NULL)
        joint->used_at_ms = clock_mono_ms();
    return joint;
}

static void forget_an_old_one(struct joiner *joiner) {
    int64_t now_ms = clock_mono_ms();
    struct joint *joint = joiner->joints;
    while (joint != NULL &&
           (!joint_is_idle(joint) || joint->used_at_ms + (joint_has_ended(joint) ? ENDED_MAX_MS : joiner->idle_max_ms) > now_ms))
        joint = joint->next;
    if (joint != NULL)
        remove_joint(joiner, joint);
}

static void resume_waiters(struct joiner *joiner, struct joint *joint) {
    struct joiner_waiter *waiter = joint->waiters, *next;
    joint->waiters = NULL;
    joint->waiter_count = 0;
    unlock(joiner);
    for (; waiter != NULL; waiter = next) {
        next = waiter->next; /* a waiter may be gone once it is resumed */
        waiter->resume(waiter->context);
    }
    lock(joiner);
}

/* ---- who of several servers joins it ---- */

struct leasing {
    struct joiner *joiner;
    struct str name;
    int64_t token;
};

static struct str lease_name(const struct joint *joint, struct arena *arena) {
    unsigned char digest[SHA256_BYTES];
    hash_sha256(digest, str_from_c(joint->path));
    return arena_printf(arena, "join %lld %.*s", (long long)joint->artifact_id, STR_ARG(hash_hex(digest, SHA256_BYTES, arena)));
}

static enum err_code take_lease(struct db_tx *tx, void *context, struct err *err) {
    struct leasing *leasing = context;
    if (leasing->token != 0) /* one that was given back meanwhile stays so */
        TRY(lease_check(tx, leasing->name, leasing->token, err));
    return lease_take(tx, leasing->name, leasing->joiner->owner, LEASE_MS, &leasing->token, err);
}

static enum err_code drop_lease(struct db_tx *tx, void *context, struct err *err) {
    struct leasing *leasing = context;
    return lease_drop(tx, leasing->name, leasing->token, err);
}

/* Takes it, or renews the one of that token; 0: it is another's. */
static int64_t hold(struct joiner *joiner, struct str name, int64_t token) {
    struct leasing leasing = { joiner, name, token };
    struct err err;
    enum err_code code = db_write(joiner->app->db, take_lease, &leasing, &err);
    if (code != OK && code != ERR_CONFLICT)
        log_warn("cannot ask who puts the parts of a file together: %s", err.message);
    return code == OK ? leasing.token : 0;
}

static void let_go(struct joiner *joiner, struct joint *joint) {
    struct arena *arena = arena_create();
    struct leasing leasing = { joiner, lease_name(joint, arena), joint->token };
    struct err err;
    joint->token = 0;
    unlock(joiner);
    if (db_write(joiner->app->db, drop_lease, &leasing, &err) != OK)
        log_warn("nobody else can put the parts of a file together for some seconds: %s", err.message);
    lock(joiner);
    arena_destroy(arena);
}

/* Whether this server may join it now. When it had to wait for another one, the file may be there already: those who wait
 * look before anything is joined here. */
static bool is_ours(struct joiner *joiner, struct joint *joint) {
    bool was_elsewhere = joint->look_at_ms != 0;
    if (joint->token != 0 || !db_is_shared(joiner->app->db))
        return true;
    struct arena *arena = arena_create();
    struct str name = lease_name(joint, arena);
    unlock(joiner);
    int64_t token = hold(joiner, name, 0);
    arena_destroy(arena);
    lock(joiner);
    joint->token = token;
    joint->look_at_ms = token == 0 ? clock_mono_ms() + LOOK_MS : 0;
    if (token == 0 || !was_elsewhere)
        return token != 0;
    let_go(joiner, joint);
    joint_forget_parts(joint);
    resume_waiters(joiner, joint);
    return false;
}

static void copy_held(struct joiner *joiner, struct arena *arena, struct list *held) {
    *held = (struct list){ 0 };
    for (struct joint *joint = joiner->joints; joint != NULL; joint = joint->next)
        if (joint->token != 0) {
            struct leasing *leasing = ARENA_NEW(arena, struct leasing);
            *leasing = (struct leasing){ joiner, lease_name(joint, arena), joint->token };
            list_add(held, leasing, arena);
        }
}

/* Publishing a large file is one long wait: somebody else has to renew its lease meanwhile. */
static void *renew(void *context) {
    struct joiner *joiner = context;
    struct arena *arena = arena_create();
    struct list held;

    lock(joiner);
    while (!joiner->is_stopping) {
        (void)os_cond_wait_until(&joiner->stops, &joiner->lock, clock_mono_ms() + LEASE_RENEWAL_MS);
        copy_held(joiner, arena, &held);
        unlock(joiner);
        for (size_t i = 0; i < held.count; i++) {
            const struct leasing *leasing = held.items[i];
            (void)hold(joiner, leasing->name, leasing->token);
        }
        arena_reset(arena);
        lock(joiner);
    }
    unlock(joiner);
    arena_destroy(arena);
    return NULL;
}

/* ---- joining ---- */

static bool has_work(const struct joint *joint) {
    if (joint->is_busy || joint_has_ended(joint))
        return false;
    bool is_elsewhere = joint->look_at_ms > clock_mono_ms();
    return joint->is_stale || (!is_elsewhere && (joint_has_next_part(joint) || joint->count > 0));
}

/* Those that somebody waits for come first. */
static struct joint *next_work(struct joiner *joiner) {
    struct joint *found = NULL;
    for (struct joint *joint = joiner->joints; joint != NULL; joint = joint->next)
        if (has_work(joint) && (found == NULL || (found->count == 0 && joint->count > 0)))
            found = joint;
    return found;
}

static void begin_again(struct joiner *joiner, struct joint *joint) {
    joint->appended = 0;
    joint->is_stale = false;
    unlock(joiner);
    joint_begin_again(joint);
    lock(joiner);
}

static void append(struct joiner *joiner, struct joint *joint) {
    struct joint_part part = joint->parts[joint->appended];
    struct gather *gather = joint->gather;
    struct err err;
    bool must_begin_again;
    joint->is_appending = true;
    unlock(joiner);
    enum err_code code = joint_append(joint, gather, joiner->app->blobs, &part, &joiner->is_stopping, &must_begin_again, &err);
    lock(joiner);
    joint->is_appending = false;
    if (code == OK && !must_begin_again && joint->writer == NULL)
        joint_set_placed(joint, joint->appended, &part);
    joint->appended++;
    joint->is_stale = joint->is_stale || must_begin_again;
    if (code != OK && !joint->is_stale) {
        joint->code = code;
        joint->err = err;
    }
}

static void finish(struct joiner *joiner, struct joint *joint) {
    struct gather *gather = joint->gather;
    struct blob_facts facts;
    struct err err;
    bool must_begin_again;
    unlock(joiner);
    enum err_code code = joint_finish(joint, gather, &facts, &must_begin_again, &err);
    lock(joiner);
    if (must_begin_again) {
        joint->is_stale = true;
        return;
    }
    joint->appended = 0;
    joint->is_joined = code == OK;
    joint->code = code;
    if (code == OK)
        joint->facts = facts;
    else
        joint->err = err;
}

/* A failure is told to those who wait; whoever asks later begins again. */
static void end(struct joiner *joiner, struct joint *joint) {
    resume_waiters(joiner, joint);
    if (joint->token != 0)
        let_go(joiner, joint);
    joint->used_at_ms = clock_mono_ms();
    joint->is_busy = false;
    if (joint->is_joined)
        return;
    if (joint_is_idle(joint)) {
        remove_joint(joiner, joint);
    } else { /* somebody still sends a part of it, or has asked again meanwhile */
        joint->code = OK;
        joint_forget_parts(joint);
        joint->is_stale = true;
    }
}

static void work_on(struct joiner *joiner, struct joint *joint) {
    joint->is_busy = true;
    if (joint->is_stale)
        begin_again(joiner, joint);
    else if (joint->count > 0 && !is_ours(joiner, joint))
        ; /* later, or somewhere else */
    else if (joint_has_next_part(joint))
        append(joiner, joint);
    else if (joint->count > 0)
        finish(joiner, joint);
    if (joint_has_ended(joint))
        end(joiner, joint);
    else
        joint->is_busy = false;
}

static void *work(void *context) {
    struct joiner *joiner = context;
    lock(joiner);
    while (!joiner->is_stopping) {
        forget_an_old_one(joiner);
        struct joint *joint = next_work(joiner);
        if (joint != NULL)
            work_on(joiner, joint);
        else if (joiner->joints != NULL)
            (void)os_cond_wait_until(&joiner->wakes, &joiner->lock, clock_mono_ms() + LOOK_MS);
        else
            (void)pthread_cond_wait(&joiner->wakes, &joiner->lock);
    }
    unlock(joiner);
    return NULL;
}

/* ---- its life ---- */

struct joiner *joiner_create(struct app *app, int64_t idle_max_ms) {
    unsigned char random[OWNER_BYTES];
    struct joiner *joiner = calloc(1, sizeof *joiner);
    if (joiner == NULL)
        log_fatal("out of memory: cannot put parts together");
    joiner->app = app;
    joiner->idle_max_ms = idle_max_ms == 0 ? IDLE_MAX_MS : idle_max_ms;
    joiner->arena = arena_create();
    hash_random(random, sizeof random);
    joiner->owner = hash_hex(random, sizeof random, joiner->arena);
    joiner->settler = settler_create();
    (void)pthread_mutex_init(&joiner->lock, NULL);
    os_cond_init(&joiner->wakes);
    os_cond_init(&joiner->stops);
    return joiner;
}

/* Most servers never see a file in parts. */
static void start(struct joiner *joiner) {
    size_t count = JOINING_THREADS + (db_is_shared(joiner->app->db) ? 1 : 0);
    while (joiner->thread_count < count) {
        bool joins = joiner->thread_count < JOINING_THREADS;
        if (pthread_create(&joiner->threads[joiner->thread_count], NULL, joins ? work : renew, joiner) != 0)
            log_fatal("cannot start a thread that puts parts together");
        joiner->thread_count++;
    }
}

void joiner_stop(struct joiner *joiner) {
    if (joiner == NULL)
        return;
    lock(joiner);
    joiner->is_stopping = true;
    (void)pthread_cond_broadcast(&joiner->wakes);
    (void)pthread_cond_broadcast(&joiner->stops);
    unlock(joiner);
    for (size_t i = 0; i < joiner->thread_count; i++)
        (void)pthread_join(joiner->threads[i], NULL);
    lock(joiner);
    for (struct joint *joint = joiner->joints; joint != NULL; joint = joint->next)
        resume_waiters(joiner, joint);
    unlock(joiner);
}

void joiner_destroy(struct joiner *joiner) {
    if (joiner == NULL)
        return;
    settler_destroy(joiner->settler);
    lock(joiner);
    while (joiner->joints != NULL)
        remove_joint(joiner, joiner->joints);
    unlock(joiner);
    (void)pthread_cond_destroy(&joiner->stops);
    (void)pthread_cond_destroy(&joiner->wakes);
    (void)pthread_mutex_destroy(&joiner->lock);
    arena_destroy(joiner->arena);
    free(joiner);
}

/* ---- the parts that have places ---- */

static struct str gather_name(const struct joiner_file *file, struct arena *arena) {
    unsigned char digest[SHA256_BYTES];
    hash_sha256(digest, file->path);
    return arena_printf(arena, "%lld-%lld-%.*s", (long long)file->artifact_id, (long long)file->made_ms,
                        STR_ARG(hash_hex(digest, SHA256_BYTES, arena)));
}

bool joiner_name_parse(struct str name, int64_t *artifact_id, int64_t *made_ms) {
    struct str id, rest, made, digest;
    return str_cut(name, '-', &id, &rest) && str_cut(rest, '-', &made, &digest) && str_to_i64(id, artifact_id) && str_to_i64(made, made_ms);
}

/* Of one that was begun before this server was, or by nobody yet. In a bucket a file is made of blobs. */
static void need_gather(struct joiner *joiner, struct joint *joint, const struct joiner_file *file, bool may_make) {
    if (joint->gather != NULL || depot_is_remote(blobs_depot(joiner->app->blobs)))
        return;
    struct arena *arena = arena_create();
    struct err err;
    enum err_code code = gather_open(&joint->gather, joiner->app->blobs, gather_name(file, arena), may_make, &err);
    if (code != OK && code != ERR_NOT_FOUND)
        log_warn("the parts of a file are kept one by one: %s", err.message);
    arena_destroy(arena);
}

struct gather_place *joiner_claim(struct joiner *joiner, const struct joiner_file *file, size_t number, size_t count, uint64_t size_bytes) {
    struct gather_place *place = NULL;
    lock(joiner);
    struct joint *joint = joiner->is_stopping ? NULL : find_or_add(joiner, file->artifact_id, file->path);
    if (joint != NULL && joint->count == 0)
        need_gather(joiner, joint, file, true);
    if (joint != NULL && joint->count == 0 && joint->gather != NULL)
        place = gather_claim(joint->gather, number, count, size_bytes);
    unlock(joiner);
    return place;
}

void joiner_settle(struct joiner *joiner, struct settling *item) {
    settler_add(joiner->settler, item);
}

void joiner_find_placed(struct joiner *joiner, const struct joiner_file *file, struct joint_part *parts, size_t count) {
    uint64_t offset, size_bytes;
    lock(joiner);
    struct joint *joint = joiner->is_stopping ? NULL : find_or_add(joiner, file->artifact_id, file->path);
    if (joint != NULL)
        need_gather(joiner, joint, file, false);
    for (size_t i = 0; joint != NULL && joint->gather != NULL && i < count; i++)
        parts[i].is_known = parts[i].is_placed = gather_has(joint->gather, i + 1, parts[i].md5, &offset, &size_bytes);
    unlock(joiner);
}

void joiner_doubt(struct joiner *joiner, const struct joiner_file *file) {
    lock(joiner);
    struct joint *joint = find(joiner, file->artifact_id, file->path);
    if (joint != NULL && joint->is_joined && !joint->is_busy)
        joint_forget_parts(joint);
    unlock(joiner);
}

void joiner_forget(struct joiner *joiner, const struct joiner_file *file) {
    lock(joiner);
    struct joint *joint = find(joiner, file->artifact_id, file->path);
    if (joint != NULL && joint->gather != NULL)
        gather_remove(joint->gather);
    unlock(joiner);
}

/* ---- from requests ---- */

void joiner_note_part(struct joiner *joiner, const struct joiner_file *file, size_t number, const struct joint_part *part) {
    if (joiner->app->is_disk_low)
        return;
    lock(joiner);
    struct joint *joint = joiner->is_stopping ? NULL : find_or_add(joiner, file->artifact_id, file->path);
    if (joint != NULL && part->is_placed)
        need_gather(joiner, joint, file, false);
    if (joint != NULL && joint->count == 0) {
        joint_set_part(joint, number - 1, part);
        start(joiner);
        (void)pthread_cond_signal(&joiner->wakes);
    }
    unlock(joiner);
}

static enum err_code ask(struct joiner *joiner, struct joint *joint, const struct joint_part *parts, size_t count,
                         bool *is_pending, struct err *err) {
    if (joint->count > 0 && !joint_is_of(joint, parts, count)) {
        if (!joint->is_joined || joint->is_busy)
            return err_set(err, ERR_BUSY, "the file is being made of other parts: try again in a moment");
        joint_forget_parts(joint);
    }
    if (joint->code != OK) {
        *err = joint->err;
        return joint->code;
    }
    if (joint->waiter_count >= WAITERS_MAX)
        return err_set(err, ERR_BUSY, "the file is being made, and too many wait for it: try again in a moment");
    if (joint->count == 0)
        joint_want(joint, parts, count);
    *is_pending = !joint->is_joined;
    start(joiner);
    (void)pthread_cond_signal(&joiner->wakes);
    return OK;
}

enum err_code joiner_ask(struct joiner *joiner, const struct joiner_file *file, const struct joint_part *parts, size_t count,
                         struct blob_facts *facts, bool *is_pending, struct err *err) {
    enum err_code code;
    lock(joiner);
    struct joint *joint = joiner->is_stopping ? NULL : find_or_add(joiner, file->artifact_id, file->path);
    if (joint != NULL)
        code = ask(joiner, joint, parts, count, is_pending, err);
    else
        code = err_set(err, ERR_BUSY, joiner->is_stopping ? "the server is being stopped" : "too many files are being made of their parts");
    if (code == OK && !*is_pending)
        *facts = joint->facts;
    unlock(joiner);
    return code;
}

bool joiner_wait(struct joiner *joiner, struct joiner_waiter *waiter) {
    lock(joiner);
    struct joint *joint = joiner->is_stopping ? NULL : find(joiner, waiter->artifact_id, waiter->path);
    bool waits = joint != NULL && joint->count > 0 && !joint_has_ended(joint);
    if (waits) {
        waiter->next = joint->waiters;
        joint->waiters = waiter;
        joint->waiter_count++;
    }
    unlock(joiner);
    return waits;
}
