/* blob.h - which blobs there are, and how those that nobody has any more go, while uploads of the same bytes may arrive.
 *
 * Bytes are removed outside of any transaction, because a bucket may take its time. So a blob goes in three steps: its row is marked,
 * its bytes are removed, its row is emptied. Bytes that arrive are stored first and linked then. Who links them while the mark stands
 * comes again, since they are being removed; who links them afterwards looks whether they are there, as long as the emptied row
 * tells that they went lately. A mark that was left by a server that died, or by a bucket that did not answer, is put anew after a
 * time in which no request of the one who left it can be under way.
 *
 * In the row: created_at below 0 is the mark, and when it was put; size_bytes below 0 says that the row is empty.
 *
 * Threads: the functions are parts of a transaction. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_BLOB_H
#define SERVER_STORE_BLOB_H

#include "base/hash.h"
#include "base/list.h"
#include "server/store/db/db.h"

enum blob_state {
    BLOB_KEPT,  /* or never heard of: what was stored is there */
    BLOB_GOING, /* its bytes are being removed: they are to be stored anew, later */
    BLOB_GONE,  /* they went lately: whoever has stored them looks whether they are there */
};
MUST_CHECK enum err_code blob_find_state(struct db_tx *tx, const unsigned char sha256[SHA256_BYTES], enum blob_state *out, struct err *err);
/* In the transaction that links it, once its state is known. ERR_BUSY when it is going. */
MUST_CHECK enum err_code blob_add(struct db_tx *tx, const unsigned char sha256[SHA256_BYTES], int64_t size_bytes, int64_t now_ms,
                                  struct err *err);

/* When nobody has it any more, it need not wait for those who may still hold an address of it: there never was one. Nothing
 * happens while somebody has it. */
MUST_CHECK enum err_code blob_let_go(struct db_tx *tx, const unsigned char sha256[SHA256_BYTES], struct err *err);

/* ---- bytes that are kept here, and not in a file ---- */

/* In the transaction that links the blob, after that. They go with it. */
MUST_CHECK enum err_code blob_keep_bytes(struct db_tx *tx, const unsigned char sha256[SHA256_BYTES], struct str bytes, struct err *err);
/* ptr NULL: they are not here. */
MUST_CHECK enum err_code blob_find_bytes(struct db_tx *tx, const unsigned char sha256[SHA256_BYTES], struct arena *arena, struct str *out,
                                         struct err *err);
/* Of any blob at all. */
MUST_CHECK enum err_code blob_has_bytes(struct db_tx *tx, bool *has_some, struct err *err);

/* ---- collecting ---- */

/* Rows that are older take the next step. */
struct blob_ages {
    int64_t unused_before; /* nobody has it */
    int64_t marked_before; /* somebody else marked it, and is not at it any more */
    int64_t gone_before;   /* the emptied row goes */
};
/* Of the next `limit` blobs after that digest (empty: from the first), those for which there is something to do: of struct str.
 * *last: where to go on; empty at the end. */
MUST_CHECK enum err_code blob_list_garbage(struct db_tx *tx, struct str after, const struct blob_ages *ages, size_t limit,
                                           struct arena *arena, struct list *out, struct str *last, struct err *err);
/* Looks at it again, and marks it. *is_marked: its bytes are to be removed now. */
MUST_CHECK enum err_code blob_mark(struct db_tx *tx, struct str sha256, const struct blob_ages *ages, int64_t now_ms, bool *is_marked,
                                   struct err *err);
/* Its bytes are removed. Nothing happens when the mark is not the one that was put at marked_ms. */
MUST_CHECK enum err_code blob_finish(struct db_tx *tx, struct str sha256, int64_t marked_ms, int64_t now_ms, struct err *err);

#endif
