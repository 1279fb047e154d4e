/* artifact_parts.h - uploads of large files in parts: each is put to a link of its own, as often as it takes, and together
 * they become the file.
 *
 * In a data folder a part is written to its place in the file that is being made, see server/blobs/gather.h. In a bucket, and
 * where it has no place, it is kept like any upload of the draft, under a name that no file can have, so what holds for those
 * holds for such parts: they go with the draft, and their bytes with them.
 */
#ifndef SERVER_API_ARTIFACT_PARTS_H
#define SERVER_API_ARTIFACT_PARTS_H

#include "base/list.h"
#include "server/api/link.h"

enum { ARTIFACT_PARTS_MAX = 10000 };

extern const struct gql_type complete_multipart_upload_artifact_payload_type, upload_multipart_urls_type, upload_url_part_type;

struct artifact;

struct announced_part {
    int64_t number;
    bool has_md5;
    unsigned char md5[MD5_BYTES];
};
/* File.uploadMultipartUrls, of a file that is to be sent in parts. */
struct multipart_upload {
    struct owner owner;
    int64_t artifact_id;
    struct str path;
    struct list parts; /* of struct announced_part */
};
/* NULL when no parts are asked for. ERR_BAD_INPUT for numbers that are not 1 to n. */
MUST_CHECK enum err_code artifact_parts_announce(const struct json_value *parts, struct owner owner, int64_t artifact_id, struct str path,
                                                 struct arena *arena, const struct multipart_upload **out, struct err *err);

/* PUT /signed/parts/{artifact}/{number}-{count}/{path...}; the answer's ETag is the part's md5. */
extern const struct http_sink artifact_parts_upload; /* part_upload.c */

enum err_code artifact_parts_answer_complete(struct gql_call *call, struct err *err); /* completeMultipartUploadArtifact */

/* For part_upload.c. */
struct str artifact_parts_name(struct str path, int64_t number, struct arena *arena); /* of a part that is kept like a file */
MUST_CHECK enum err_code artifact_parts_find_draft(struct db_tx *tx, struct identity *identity, int64_t id, struct artifact **out,
                                                   struct err *err);

#endif
