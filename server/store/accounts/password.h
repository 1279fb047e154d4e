/* password.h - passwords as argon2id hashes. Each costs 64 MiB while it is computed, so two are at a time, one
 * waits, and whoever comes then is told to come again: who waits holds a worker, and workers are for everybody.
 *
 * Threads: any.
 */
#ifndef SERVER_STORE_PASSWORD_H
#define SERVER_STORE_PASSWORD_H

#include "base/arena.h"

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 1024, PASSWORDS_AT_A_TIME = 2, PASSWORDS_WAITING_MAX = 1 };

/* ERR_BAD_INPUT when it is too short or too long, ERR_TOO_MANY when too many wait. */
MUST_CHECK enum err_code password_hash(struct str password, struct arena *arena, struct str *out, struct err *err);
/* hash.ptr NULL (no such user, no password): takes as long as one that is wrong. */
MUST_CHECK enum err_code password_verify(struct str password, struct str hash, bool *is_right, struct err *err);

#endif
