/* bucket_claim.h - a bucket's folder belongs to one database.
 *
 * Who keeps house removes files that his database does not name: two databases over one folder would remove each other's. An
 * object there, made by a conditional put, says whose it is.
 */
#ifndef SERVER_BUCKET_CLAIM_H
#define SERVER_BUCKET_CLAIM_H

#include "server/blobs/s3.h"
#include "server/store/db/db.h"

/* Takes what is nobody's. ERR_CONFLICT when it is another's. To be called before anything is removed. */
MUST_CHECK enum err_code bucket_claim(struct s3 *bucket, struct db *db, struct err *err);

#endif
