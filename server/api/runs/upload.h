/* upload.h - bytes put to a signed link: staged and hashed while they arrive, then linked in one transaction. Those that are small
 * stay in memory instead, and that transaction takes them into the database, where they stay.
 *
 * A sink's begin names its kind; add, end and cancel are the same for all. The call is answered once all is durable, from
 * the thread that learns of it.
 */
#ifndef SERVER_API_UPLOAD_H
#define SERVER_API_UPLOAD_H

#include "server/api/access.h"
#include "server/blobs/blobs.h"
#include "server/http/repr_digest.h"

struct upload {
    struct http_call *call;
    const struct upload_kind *kind;
    bool is_alike; /* its check finds the same for all that have their first parameter and who asks in common */
    struct blob_writer *writer;
    struct repr_digest told; /* by who sends */
    struct blob_facts facts; /* once all has arrived */
    bool is_held;            /* all of it is in memory: its bytes go into the database with the row that links them */
    struct str held;
    void *target;            /* what `check` found; `store` may find it again */

    /* While it is stored with others: one of the same kind that was checked and stored in this very transaction. */
    const struct upload *before;

    /* The queue's: */
    struct upload *next;
    enum err_code code;
    struct err err;
};

/* Both get the struct upload as their context and run inside a transaction: check reads, before a byte is taken;
 * store links what arrived, after making sure once more that it may. answer, which may be NULL, adds to the answer. */
struct upload_kind {
    db_work *check;
    db_work *store;
    void (*answer)(struct upload *upload);
    /* An MD5 that is told together with the right SHA-256 is taken as it is: nothing but what is shown hangs on it. */
    bool believes_md5;
};

/* For app.uploads. */
struct upload_queue *upload_create_queue(struct db *db);

enum err_code upload_begin(struct http_call *call, const struct upload_kind *kind, void **state, struct err *err);
enum err_code upload_begin_alike(struct http_call *call, const struct upload_kind *kind, void **state, struct err *err);
enum err_code upload_add(struct http_call *call, void *state, struct str bytes, struct err *err);
enum err_code upload_end(struct http_call *call, void *state, struct err *err);
void upload_cancel(void *state);

/* OPTIONS of a signed link: `wandb verify` asks whether a page of another origin could use it. */
enum err_code upload_answer_preflight(struct http_call *call, struct err *err);

/* In the transaction that links what was stored: ERR_BUSY when the collector has taken it meanwhile, or is about to; who sent it
 * comes again. Asks a bucket only in the first of these cases. */
MUST_CHECK enum err_code upload_check_stored(struct db_tx *tx, struct app *app, const struct blob_id *id, struct err *err);

/* Sends a blob under the name of the file it is logged as, and tells its digests; md5 NULL: is not known. ERR_CORRUPT when its
 * bytes are missing. */
MUST_CHECK enum err_code upload_send_blob(struct http_call *call, const unsigned char sha256[SHA256_BYTES], const unsigned char *md5,
                                          struct str name, struct err *err);

#endif
