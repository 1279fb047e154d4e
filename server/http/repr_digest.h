/* repr_digest.h - the field Repr-Digest of RFC 9530: what the bytes of a body hash to, told by who sends them.
 *
 * Threads: none of its own. Memory: repr_digest_text goes to the arena.
 */
#ifndef SERVER_HTTP_REPR_DIGEST_H
#define SERVER_HTTP_REPR_DIGEST_H

#include "base/arena.h"
#include "base/hash.h"

struct repr_digest {
    bool has_sha256, has_md5;
    unsigned char sha256[SHA256_BYTES], md5[MD5_BYTES];
};

/* Other algorithms, and what is no digest, are passed over: whoever tells nothing is asked for nothing. */
struct repr_digest repr_digest_parse(struct str field, struct arena *arena);
/* "sha-256=:...:, md5=:...:"; md5 NULL: without. */
struct str repr_digest_text(const unsigned char sha256[SHA256_BYTES], const unsigned char *md5, struct arena *arena);

#endif
