/* identity.c - see identity.h. */
#include "server/api/identity.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/store/accounts/api_key.h"
#include "server/store/accounts/entity.h"
#include "server/store/accounts/session.h"

#include <pthread.h>

enum { SLOT_COUNT = 1024 };

enum proof_kind { PROOF_KEY = 1, PROOF_COOKIE, PROOF_LINK };

/* What was shown to us, without the secret itself. */
struct proof {
    enum proof_kind kind;
    struct secret_hash hash; /* for a link: user, key and session */
};

struct found {
    int64_t user_id, entity_id, key_id, session_id;
    bool is_admin;
    char username[ENTITY_NAME_MAX + 1];
};

struct slot {
    struct proof proof;
    struct found found;
    int64_t expires_at; /* monotonic */
};

struct identities {
    pthread_mutex_t mutex;
    uint64_t generation; /* counts what was forgotten, so that a look-up that began before cannot bring it back */
    struct slot slots[SLOT_COUNT];
};

struct identities *identities_create(void) {
    struct identities *identities = calloc(1, sizeof *identities);
    if (identities == NULL)
        log_fatal("out of memory: cannot remember identities");
    (void)pthread_mutex_init(&identities->mutex, NULL);
    return identities;
}

void identities_destroy(struct identities *identities) {
    if (identities == NULL)
        return;
    (void)pthread_mutex_destroy(&identities->mutex);
    free(identities);
}

void identities_forget(struct identities *identities) {
    (void)pthread_mutex_lock(&identities->mutex);
    identities->generation++;
    for (size_t i = 0; i < SLOT_COUNT; i++)
        identities->slots[i].expires_at = 0;
    (void)pthread_mutex_unlock(&identities->mutex);
}

static const struct str ended = STR_INIT("identities");

enum err_code identities_end(struct db_tx *tx, struct err *err) {
    return db_notify(tx, ended, err);
}

bool identities_are_meant(struct str notice) {
    return notice.len == 0 || str_eq(notice, ended);
}

uint64_t identities_generation(struct identities *identities) {
    (void)pthread_mutex_lock(&identities->mutex);
    uint64_t generation = identities->generation;
    (void)pthread_mutex_unlock(&identities->mutex);
    return generation;
}

/* ---- remembering ---- */

static struct slot *slot_of(struct identities *identities, const struct proof *proof) {
    uint16_t position;
    memcpy(&position, proof->hash.bytes, sizeof position); /* a keyed hash: nobody can aim at a slot */
    return &identities->slots[(position ^ (unsigned)proof->kind) % SLOT_COUNT];
}

static bool is_same_proof(const struct proof *a, const struct proof *b) {
    return a->kind == b->kind && memcmp(a->hash.bytes, b->hash.bytes, sizeof a->hash.bytes) == 0;
}

static bool remember(struct identities *identities, const struct proof *proof, struct found *out,
                     uint64_t *generation) {
    (void)pthread_mutex_lock(&identities->mutex);
    const struct slot *slot = slot_of(identities, proof);
    bool is_known = slot->expires_at > clock_mono_ms() && is_same_proof(&slot->proof, proof);
    if (is_known)
        *out = slot->found;
    *generation = identities->generation;
    (void)pthread_mutex_unlock(&identities->mutex);
    return is_known;
}

static void keep(struct identities *identities, const struct proof *proof, const struct found *found,
                 uint64_t generation) {
    (void)pthread_mutex_lock(&identities->mutex);
    if (generation == identities->generation)
        *slot_of(identities, proof) = (struct slot){ *proof, *found, clock_mono_ms() + IDENTITY_LIFE_MS };
    (void)pthread_mutex_unlock(&identities->mutex);
}

/* ---- looking up ---- */

struct look_up {
    struct proof proof;
    struct str text;                     /* of a key or a cookie */
    int64_t user_id, key_id, session_id; /* of a link */
    struct secret_hash old_hash;         /* by an older secret, when that was the one it was known by */
    bool is_old;
    const struct secrets *secrets;
    struct arena *arena;
    struct found found;
    bool is_use_due;                     /* the key's, to be noted */
};

static void take_user(struct found *found, const struct user *user) {
    found->user_id = user->id;
    found->entity_id = user->owner.entity_id;
    found->is_admin = user->is_admin;
    (void)snprintf(found->username, sizeof found->username, "%.*s", STR_ARG(user->username));
}

static enum err_code find_link_user(struct db_tx *tx, struct look_up *look_up, struct user **user, struct err *err) {
    bool is_key_good, is_session_good;
    TRY(api_key_is_good(tx, look_up->key_id, look_up->user_id, &is_key_good, err));
    TRY(session_is_good(tx, look_up->session_id, look_up->user_id, &is_session_good, err));
    look_up->found.key_id = look_up->key_id;
    look_up->found.session_id = look_up->session_id;
    return is_key_good && is_session_good ? user_find_by_id(tx, look_up->user_id, look_up->arena, user, err) : OK;
}

static enum err_code find_by_hash(struct db_tx *tx, struct look_up *look_up, const struct secret_hash *hash, struct user **user,
                                  struct err *err) {
    struct found *found = &look_up->found;
    if (look_up->proof.kind == PROOF_KEY) {
        struct api_key key;
        TRY(api_key_find_user(tx, hash, look_up->arena, &key, user, err));
        found->key_id = key.id;
        look_up->is_use_due = *user != NULL && key.last_used_at <= clock_wall_ms() - API_KEY_USE_GRAIN_MS;
        return OK;
    }
    return session_find_user(tx, hash, look_up->arena, &found->session_id, &found->key_id, user, err);
}

/* By the newest secret first; after a rotation some are known by an older one still. */
static enum err_code find_by_text(struct db_tx *tx, struct look_up *look_up, struct user **user, struct err *err) {
    enum secret_use use = look_up->proof.kind == PROOF_KEY ? SECRET_API_KEY : SECRET_SESSION;
    TRY(find_by_hash(tx, look_up, &look_up->proof.hash, user, err));
    for (size_t i = 1; *user == NULL && i < secrets_count(look_up->secrets); i++) {
        look_up->old_hash = secrets_hash_of(look_up->secrets, i, use, look_up->text);
        TRY(find_by_hash(tx, look_up, &look_up->old_hash, user, err));
        look_up->is_old = *user != NULL;
    }
    return OK;
}

static enum err_code find_user(struct db_tx *tx, void *context, struct err *err) {
    struct look_up *look_up = context;
    struct user *user = NULL;

    look_up->is_old = look_up->is_use_due = false;
    TRY(look_up->proof.kind == PROOF_LINK ? find_link_user(tx, look_up, &user, err) : find_by_text(tx, look_up, &user, err));
    if (user != NULL)
        take_user(&look_up->found, user);
    return OK;
}

static enum err_code renew(struct db_tx *tx, void *context, struct err *err) {
    const struct look_up *look_up = context;
    if (look_up->proof.kind == PROOF_KEY)
        return api_key_renew(tx, &look_up->old_hash, &look_up->proof.hash, err);
    return session_renew(tx, &look_up->old_hash, &look_up->proof.hash, err);
}

/* So that the old secret can go one day. It is good without, and next time it is tried again. */
static void renew_if_old(struct app *app, struct look_up *look_up) {
    struct err err;
    if (look_up->is_old && db_write(app->db, renew, look_up, &err) != OK)
        log_warn("cannot move a key to the new secret: %s", err.message);
}

static enum err_code note_use(struct db_tx *tx, void *context, struct err *err) {
    return api_key_note_use(tx, *(const int64_t *)context, clock_wall_ms(), err);
}

/* Nobody is served later or not at all because of this. */
static void end_use(void *context, enum err_code code, const struct err *err) {
    if (code != OK)
        log_warn("cannot note that a key is used: %s", err->message);
    free(context);
}

static void note_use_later(struct app *app, const struct look_up *look_up) {
    int64_t *key_id = look_up->is_use_due ? malloc(sizeof *key_id) : NULL;
    if (key_id == NULL)
        return;
    *key_id = look_up->found.key_id;
    db_write_later(app->db, note_use, key_id, end_use);
}

static enum err_code identify(struct identity *identity, struct look_up *look_up, struct err *err) {
    struct app *app = identity->app;
    uint64_t generation;

    if (!remember(app->identities, &look_up->proof, &look_up->found, &generation)) {
        look_up->arena = identity->arena;
        look_up->secrets = app->secrets;
        enum err_code code = db_read(app->db, find_user, look_up, err);
        if (code != OK && err_http_status(code) != 503) { /* to a client, a failure of ours is never its fault */
            log_error("cannot look up who asks: %s", err->message);
            err->code = ERR_BUSY;
        }
        if (code != OK)
            return err->code;
        renew_if_old(app, look_up);
        note_use_later(app, look_up);
        if (look_up->found.user_id != 0)
            keep(app->identities, &look_up->proof, &look_up->found, generation);
    }
    const struct found *found = &look_up->found;
    identity->user_id = found->user_id;
    identity->entity_id = found->entity_id;
    identity->key_id = found->user_id == 0 ? 0 : found->key_id;
    identity->session_id = found->session_id;
    identity->is_admin = found->is_admin;
    identity->username = arena_copy(identity->arena, str_from_c(found->username));
    return OK;
}

enum err_code identity_from_key(struct identity *identity, struct str key, struct err *err) {
    struct look_up look_up = { .proof.kind = PROOF_KEY, .text = key };
    if (key.len < API_KEY_MIN || key.len > API_KEY_MAX)
        return OK;
    look_up.proof.hash = secrets_hash(identity->app->secrets, SECRET_API_KEY, key);
    return identify(identity, &look_up, err);
}

enum err_code identity_from_cookie(struct identity *identity, struct str cookie, struct err *err) {
    struct look_up look_up = { .proof.kind = PROOF_COOKIE, .text = cookie };
    look_up.proof.hash = secrets_hash(identity->app->secrets, SECRET_SESSION, cookie);
    return identify(identity, &look_up, err);
}

enum err_code identity_from_link(struct identity *identity, int64_t user_id, int64_t key_id, int64_t session_id, struct err *err) {
    struct look_up look_up = { .proof.kind = PROOF_LINK, .user_id = user_id, .key_id = key_id, .session_id = session_id };
    const int64_t ids[] = { user_id, key_id, session_id };
    memcpy(look_up.proof.hash.bytes, ids, sizeof ids);
    return identify(identity, &look_up, err);
}

struct actor identity_actor(const struct identity *identity) {
    return (struct actor){ identity->user_id, identity->key_id, identity->address };
}
