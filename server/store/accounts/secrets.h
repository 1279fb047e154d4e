/* secrets.h - the secret that lies outside the database, and what is derived from it: keyed hashes of API keys and
 * cookies, and the signatures of links.
 *
 * The file holds 32 random bytes as hexadecimal text, mode 0600, the same for all servers of one database; servers may
 * also be given it some other way. The
 * database keeps a check value: with another secret every key would be dead, so opening is refused.
 *
 * Rotation puts a new secret before the others, a line each. New hashes and signatures are made with the first; the
 * others are still good for what they made, and a key or cookie that is shown moves to the first.
 *
 * Threads: read-only once opened, shared.
 */
#ifndef SERVER_STORE_SECRETS_H
#define SERVER_STORE_SECRETS_H

#include "base/hash.h"
#include "server/store/db/db.h"

struct secrets;

enum { SECRETS_MAX = 4 };

/* Makes the file when neither it nor a check value exists. ERR_PRECONDITION when they do not belong together. */
MUST_CHECK enum err_code secrets_open(struct secrets **out, const char *path, struct db *db, struct err *err);
/* The same with text that was given otherwise, and is never made: `from` tells people where. */
MUST_CHECK enum err_code secrets_open_given(struct secrets **out, struct str text, const char *from, struct db *db, struct err *err);
void secrets_close(struct secrets *secrets); /* NULL is fine */
/* Puts a new secret into the file; servers take it when they start. */
MUST_CHECK enum err_code secrets_rotate(const char *path, struct err *err);

enum secret_use { SECRET_API_KEY, SECRET_SESSION, SECRET_WEBHOOK, SECRET_LOG_IN };
struct secret_hash {
    unsigned char bytes[SHA256_BYTES];
};
/* With the newest secret, and with that of a number from 0, the newest, to secrets_count - 1. */
struct secret_hash secrets_hash(const struct secrets *secrets, enum secret_use use, struct str text);
struct secret_hash secrets_hash_of(const struct secrets *secrets, size_t number, enum secret_use use, struct str text);
size_t secrets_count(const struct secrets *secrets);
#define DB_HASH(hash) DB_BLOB(((struct str){ (const char *)(hash)->bytes, SHA256_BYTES }))

/* ---- links that carry their own right ---- */

enum link_method { LINK_GET, LINK_PUT }; /* GET is good for HEAD too */

/* A link lives as long as expires_at says, and no longer than the user, the key and the session it was made for. */
struct signed_link {
    enum link_method method;
    struct str path;       /* decoded, begins with '/' */
    int64_t expires_at;    /* Unix milliseconds; checked when a request starts */
    uint64_t max_bytes;    /* of what may be put; 0 for GET */
    int64_t user_id, key_id, session_id; /* whom it was given to; 0: who came without a key, without a cookie */
};

/* The query to put behind the path: "sig=...", of characters that need no encoding. */
struct str secrets_sign_link(const struct secrets *secrets, const struct signed_link *link, struct arena *arena);
/* link: method and path are given, the rest is filled in. signature: what stood behind "sig=". ERR_FORBIDDEN
 * when it is another's, or out of date. */
MUST_CHECK enum err_code secrets_check_link(const struct secrets *secrets, struct signed_link *link,
                                            struct str signature, int64_t now_ms, struct err *err);

#endif
