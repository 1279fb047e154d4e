/* link.h - addresses that the server hands out: absolute, encoded, and where needed carrying their own right.
 *
 * Clients upload and download without credentials, so the link itself is the right: to one path, with one method, for
 * a day, and only as long as the key it was made for lives.
 */
#ifndef SERVER_API_LINK_H
#define SERVER_API_LINK_H

#include "server/api/access.h"
#include "server/store/accounts/secrets.h"

/* An upload may begin 24 hours after it was announced: outages in between must not lose a file. */
enum { LINK_LIFE_MS = 24 * 3600 * 1000 };
#define LINK_PUT_MAX_BYTES ((uint64_t)5 << 40)

/* path: decoded, begins with '/'; answers base_url (the files' origin for GET, if there is one), the path percent-encoded, and
 * the signature. */
struct str link_signed_for(const struct identity *identity, enum link_method method, struct str path, int64_t life_ms,
                           struct arena *arena);
struct str link_signed(const struct identity *identity, enum link_method method, struct str path, struct arena *arena);
/* The same without a signature: for those who have credentials. */
struct str link_plain(const struct identity *identity, struct str path, struct arena *arena);
/* Unreserved characters and '/' stay, all else becomes %XX. */
struct str link_encode_path(struct str path, struct arena *arena);

#endif
