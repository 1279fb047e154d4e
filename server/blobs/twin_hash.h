/* twin_hash.h - SHA-256 and MD5 of one long stream, each in a thread of its own: MD5 takes three times as long as SHA-256 where the
 * processor knows that, and the next bytes are fetched meanwhile.
 *
 * Threads: one owner, beside the one that it has itself. Memory: heap.
 */
#ifndef SERVER_BLOBS_TWIN_HASH_H
#define SERVER_BLOBS_TWIN_HASH_H

#include "base/hash.h"

struct twin_hash;
struct twin_hash *twin_hash_create(void);
/* The bytes must stay as they are until the next call, whichever that is, returns. */
void twin_hash_add(struct twin_hash *hash, struct str bytes);
void twin_hash_wait(struct twin_hash *hash); /* until what was added may go */
/* It is gone. */
void twin_hash_end(struct twin_hash *hash, unsigned char sha256[SHA256_BYTES], unsigned char md5[MD5_BYTES]);
void twin_hash_cancel(struct twin_hash *hash); /* NULL is fine */

#endif
