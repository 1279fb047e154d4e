/* s3.h - objects in a bucket of any S3-compatible store.
 *
 * Calls block. What may pass by itself (500, 503, a broken connection, a wrong region, a clock that is off) is tried
 * again with growing pauses; then it is ERR_BUSY. What is sent goes with its SHA-256, signed, and its MD5, so the store
 * refuses what was damaged on the way; what is fetched whole is held against its digest here.
 *
 * Threads: safe from all. Memory: s3_close.
 */
#ifndef SERVER_BLOBS_S3_H
#define SERVER_BLOBS_S3_H

#include "base/arena.h"

struct s3;

/* "s3://BUCKET[/PREFIX][?endpoint=URL&region=R&style=path|host&direct=on|off]". With an endpoint the bucket is part of the
 * path, otherwise of the host's name. Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), a
 * web identity (AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE), AWS_SHARED_CREDENTIALS_FILE or ~/.aws/credentials
 * (AWS_PROFILE), the machine's own. A bucket that is missing is made. */
MUST_CHECK enum err_code s3_open(struct s3 **out, struct str url, struct err *err);
void s3_close(struct s3 *s3); /* NULL is fine */
/* Clients reach the bucket under the same address and may be sent there: direct=on. */
bool s3_is_direct(const struct s3 *s3);

/* Keys are put behind the prefix. only_new: ERR_CONFLICT when there is such an object already. */
MUST_CHECK enum err_code s3_put(struct s3 *s3, struct str key, struct str bytes, bool only_new, struct err *err);
/* size bytes from the file's beginning; in parts when large. All of it is there afterwards, or nothing. */
MUST_CHECK enum err_code s3_put_file(struct s3 *s3, struct str key, int fd, uint64_t size, struct err *err);
/* Exactly size bytes at offset. ERR_NOT_FOUND; ERR_CORRUPT when the object ends before. */
MUST_CHECK enum err_code s3_read(struct s3 *s3, struct str key, uint64_t offset, size_t size, void *out, struct err *err);
/* All of it into the file, from where that stands. sha256: its digest in hex, when it is known; otherwise what was
 * stored beside it is used. ERR_CORRUPT when other bytes arrive, three times. */
MUST_CHECK enum err_code s3_fetch(struct s3 *s3, struct str key, struct str sha256, int fd, uint64_t *size, struct err *err);
MUST_CHECK enum err_code s3_size(struct s3 *s3, struct str key, uint64_t *size, struct err *err); /* ERR_NOT_FOUND */
/* Within the bucket, up to 5 GiB. sha256: the bytes' digest in hex, which is stored beside the copy. ERR_NOT_FOUND. */
MUST_CHECK enum err_code s3_copy(struct s3 *s3, struct str from, struct str to, struct str sha256, struct err *err);
MUST_CHECK enum err_code s3_remove(struct s3 *s3, struct str key, struct err *err); /* missing is OK */

/* In the order of the keys, without the prefix. Ends when visit fails. */
typedef enum err_code s3_visit(void *context, struct str key, uint64_t size, int64_t modified_ms, struct err *err);
MUST_CHECK enum err_code s3_list(struct s3 *s3, struct str begins_with, s3_visit *visit, void *context, struct err *err);

/* Uploads in parts, to keys that begin so, that were begun longer ago and never ended. */
MUST_CHECK enum err_code s3_abort_uploads(struct s3 *s3, struct str begins_with, int64_t older_than_ms, int64_t *count,
                                          struct err *err);

/* An address that anybody may ask for with this method for so long. disposition: of the answer's Content-Disposition; may be
 * empty. */
MUST_CHECK enum err_code s3_link(struct s3 *s3, struct str method, struct str key, int64_t expires_s, struct str disposition,
                                 struct str *url, struct arena *arena, struct err *err);

#endif
