/* run_file.h - files of runs: what was announced, what arrived, and which blob holds it.
 *
 * Paths are checked with file_is_safe_path before they come here. Memory: results live in the arena.
 */
#ifndef SERVER_STORE_RUN_FILE_H
#define SERVER_STORE_RUN_FILE_H

#include "base/hash.h"
#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

struct run_file {
    struct owner owner; /* whose it is: filled by the caller that knows the run */
    int64_t id, run_id;
    struct str path;
    bool is_uploaded;
    unsigned char sha256[SHA256_BYTES], md5[MD5_BYTES];
    uint64_t size_bytes;
    int64_t announced_at, uploaded_at;
};

/* What of a run's files is wanted. */
struct run_file_query {
    const struct str *paths; /* NULL: any */
    size_t path_count;
    struct str like;    /* SQL's LIKE pattern; ptr NULL: any */
    struct str after;   /* the path of the last one seen; ptr NULL: from the start */
    size_t limit;       /* not 0 */
    bool wants_pending; /* those that have not arrived too */
};

/* A name that was announced before stays as it is. */
MUST_CHECK enum err_code run_file_announce(struct db_tx *tx, int64_t run_id, struct str path, int64_t now_ms, struct err *err);

/* Replaces what the name held. file: path, digests and size. */
MUST_CHECK enum err_code run_file_store(struct db_tx *tx, int64_t run_id, const struct run_file *file, int64_t now_ms,
                                        struct err *err);

/* ERR_NOT_FOUND when there is no such file, or it has not arrived. */
MUST_CHECK enum err_code run_file_find(struct db_tx *tx, int64_t run_id, struct str path, struct arena *arena,
                                       struct run_file **out, struct err *err);
MUST_CHECK enum err_code run_file_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct run_file **out,
                                             struct err *err);

/* A list of struct run_file, in the order of their paths. */
MUST_CHECK enum err_code run_file_list(struct db_tx *tx, int64_t run_id, const struct run_file_query *query, struct arena *arena,
                                       struct list *out, struct err *err);
MUST_CHECK enum err_code run_file_count(struct db_tx *tx, int64_t run_id, int64_t *uploaded, int64_t *pending,
                                        int64_t *size_bytes, struct err *err);

MUST_CHECK enum err_code run_file_remove(struct db_tx *tx, int64_t id, struct err *err);

#endif
