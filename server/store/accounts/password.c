/* password.c - see password.h. */
#include "server/store/accounts/password.h"

#include "base/log.h"

#include <pthread.h>
#include <sodium.h>

/* The gate is the process's, because the memory it guards is. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t has_room;
    int running, waiting;
} gate = { .mutex = PTHREAD_MUTEX_INITIALIZER, .has_room = PTHREAD_COND_INITIALIZER };

static void start_library(void) {
    if (sodium_init() < 0)
        log_fatal("cannot start libsodium");
}

static enum err_code enter(struct err *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    enum err_code code = OK;

    (void)pthread_once(&once, start_library);
    (void)pthread_mutex_lock(&gate.mutex);
    if (gate.waiting >= PASSWORDS_WAITING_MAX) {
        code = err_set(err, ERR_TOO_MANY, "too many are logging in at the moment, try again soon");
    } else {
        gate.waiting++;
        while (gate.running == PASSWORDS_AT_A_TIME)
            (void)pthread_cond_wait(&gate.has_room, &gate.mutex);
        gate.waiting--;
        gate.running++;
    }
    (void)pthread_mutex_unlock(&gate.mutex);
    return code;
}

static void leave(void) {
    (void)pthread_mutex_lock(&gate.mutex);
    gate.running--;
    (void)pthread_cond_signal(&gate.has_room);
    (void)pthread_mutex_unlock(&gate.mutex);
}

enum err_code password_hash(struct str password, struct arena *arena, struct str *out, struct err *err) {
    char text[crypto_pwhash_STRBYTES];

    if (password.len < PASSWORD_MIN || password.len > PASSWORD_MAX)
        return err_set(err, ERR_BAD_INPUT, "a password must have %d to %d bytes, got %zu", PASSWORD_MIN, PASSWORD_MAX,
                       password.len);
    TRY(enter(err));
    int result = crypto_pwhash_str(text, password.ptr, password.len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                   crypto_pwhash_MEMLIMIT_INTERACTIVE);
    leave();
    if (result != 0)
        log_fatal("out of memory: cannot hash a password");
    *out = arena_copy(arena, str_from_c(text));
    return OK;
}

enum err_code password_verify(struct str password, struct str hash, bool *is_right, struct err *err) {
    char text[crypto_pwhash_STRBYTES];

    *is_right = false;
    if (password.len > PASSWORD_MAX || hash.len >= sizeof text)
        return OK;
    TRY(enter(err));
    if (hash.ptr == NULL) {
        if (crypto_pwhash_str(text, password.ptr, password.len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                              crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
            log_fatal("out of memory: cannot check a password");
    } else {
        memcpy(text, hash.ptr, hash.len);
        memset(text + hash.len, 0, sizeof text - hash.len);
        *is_right = crypto_pwhash_str_verify(text, password.ptr, password.len) == 0;
    }
    leave();
    return OK;
}
