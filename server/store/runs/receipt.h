/* receipt.h - what came in for a run and what became of it, beside the counters that its history keeps.
 *
 * Lines that could not be read are kept raw, within caps per run; past them they are only counted. Memory: results
 * live in the arena.
 */
#ifndef SERVER_STORE_RECEIPT_H
#define SERVER_STORE_RECEIPT_H

#include "base/list.h"
#include "server/store/db/db.h"

/* What one request of a run's stream brought, added to the receipt. */
struct stream_receipt {
    int64_t request_count, byte_count, console_line_count, console_rewritten_count, set_aside_count, set_aside_bytes,
        summary_count, client_dropped_count, repaired_count, quota_refused_count, first_at, last_at;
};
MUST_CHECK enum err_code stream_receipt_add(struct db_tx *tx, int64_t run_id, const struct stream_receipt *added, struct err *err);
/* All zero when nothing ever came. */
MUST_CHECK enum err_code stream_receipt_get(struct db_tx *tx, int64_t run_id, struct stream_receipt *out, struct err *err);

/* Keeps the raw line while the run is under its caps (1,000 lines, 16 MiB); it is counted in the receipt by the caller. */
MUST_CHECK enum err_code set_aside_line_add(struct db_tx *tx, int64_t run_id, struct str file, int64_t line, struct str reason,
                                            struct str raw, int64_t now_ms, struct err *err);

struct set_aside_line {
    struct str file;
    int64_t line;
    struct str reason;
    int64_t size_bytes, received_at;
};
/* A list of struct set_aside_line, the oldest first. */
MUST_CHECK enum err_code set_aside_line_list(struct db_tx *tx, int64_t run_id, size_t limit, struct arena *arena, struct list *out,
                                             struct err *err);

struct missing_upload {
    struct str path;
    int64_t announced_at;
};
/* A list of struct missing_upload: files that were announced before before_ms and have not come. */
MUST_CHECK enum err_code missing_upload_list(struct db_tx *tx, int64_t run_id, int64_t before_ms, size_t limit, struct arena *arena,
                                             struct list *out, struct err *err);

#endif
