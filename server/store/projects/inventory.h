/* inventory.h - what the database says should be there, for `barograph verify` to hold against what is.
 *
 * Lists come in pages: pass what the last row was, begin with zeros. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_INVENTORY_H
#define SERVER_STORE_INVENTORY_H

#include "base/hash.h"
#include "base/list.h"
#include "server/store/db/db.h"

/* A list of struct str: what the database's own check says is wrong with it. */
MUST_CHECK enum err_code inventory_check_database(struct db_tx *tx, struct arena *arena, struct list *out, struct err *err);

struct inventory_history {
    int64_t run, kind;
};
/* A list of struct inventory_history. */
MUST_CHECK enum err_code inventory_list_histories(struct db_tx *tx, struct inventory_history after, size_t limit, struct arena *arena,
                                                  struct list *out, struct err *err);

struct inventory_blob {
    unsigned char sha256[SHA256_BYTES];
    int64_t size_bytes; /* -1: linked, but not in the table of blobs */
    struct str user;    /* one of those that link to it; ptr NULL: nobody does */
};
/* A list of struct inventory_blob. after: ptr NULL to begin. */
MUST_CHECK enum err_code inventory_list_blobs(struct db_tx *tx, struct str after, size_t limit, struct arena *arena, struct list *out,
                                              struct err *err);

struct inventory_receipt {
    int64_t run, console_said, console_found, kept_said, kept_found;
};
/* A list of struct inventory_receipt: those that do not agree with the lines that are kept. */
MUST_CHECK enum err_code inventory_list_wrong_receipts(struct db_tx *tx, size_t limit, struct arena *arena, struct list *out,
                                                       struct err *err);

#endif
