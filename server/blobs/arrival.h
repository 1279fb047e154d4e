/* arrival.h - what clients put into the bucket themselves, at addresses that were signed for them.
 *
 * An arrival has a name of its own, apart from all blobs. Who has its address may write there at any time, so it is first
 * copied to where nobody else can: what is read, hashed and made a blob is that copy. What nobody asks for goes after ARRIVAL_KEPT_MS.
 *
 * Threads: safe from all. Memory: the arena's.
 */
#ifndef SERVER_BLOBS_ARRIVAL_H
#define SERVER_BLOBS_ARRIVAL_H

#include "server/blobs/blobs.h"
#include "server/blobs/depot.h"

/* An address to put it to for so long; url->ptr NULL: no bucket, or none for clients. Names hold no slash. */
MUST_CHECK enum err_code arrival_link(struct depot *depot, struct str name, int64_t expires_s, struct str *url, struct arena *arena,
                                      struct err *err);
/* Makes it a blob and removes it. ERR_NOT_FOUND: nothing has arrived. */
MUST_CHECK enum err_code arrival_adopt(struct depot *depot, struct str name, struct blob_facts *facts, struct err *err);
/* Removes what has been there for so long that no draft waits for it. To be called now and then. */
enum { ARRIVAL_KEPT_MS = 48 * 3600 * 1000 };
void arrival_tidy(struct depot *depot, int64_t older_than_ms);

#endif
