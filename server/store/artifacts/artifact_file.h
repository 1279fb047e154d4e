/* artifact_file.h - the files of artifact versions: what was uploaded, what a commit may link, what a manifest lists.
 *
 * Possession is proved by bytes: a commit accepts an entry only if the blob came through this artifact's own upload,
 * or the project links it already. The client's md5 is an alias of a blob inside one project and never more.
 */
#ifndef SERVER_STORE_ARTIFACT_FILE_H
#define SERVER_STORE_ARTIFACT_FILE_H

#include "server/store/artifacts/artifact.h"

struct artifact_file {
    struct owner owner; /* whose it is: filled by the caller that knows the artifact */
    int64_t artifact_id, birth_artifact_id;
    struct str path, digest, ref, extra; /* ref: ptr NULL for a file; extra: JSON or ptr NULL */
    int64_t size_bytes;
    bool has_blob;
    unsigned char sha256[SHA256_BYTES];
};

struct artifact_blob {
    unsigned char sha256[SHA256_BYTES];
    int64_t size_bytes, birth_artifact_id;
};

/* ---- manifests of drafts ---- */

struct artifact_manifest {
    struct owner owner; /* the artifact's */
    int64_t id, artifact_id, base_id, size_bytes;
    struct str name, kind, digest; /* kind: FULL, INCREMENTAL or PATCH */
    bool is_uploaded;
    unsigned char sha256[SHA256_BYTES];
};

MUST_CHECK enum err_code artifact_manifest_create(struct db_tx *tx, int64_t artifact_id, struct str name, struct str kind,
                                                  struct str digest, int64_t base_id, int64_t now_ms, struct arena *arena,
                                                  struct artifact_manifest **out, struct err *err);
MUST_CHECK enum err_code artifact_manifest_update(struct db_tx *tx, int64_t id, struct str digest, int64_t base_id, struct err *err);
MUST_CHECK enum err_code artifact_manifest_get(struct db_tx *tx, int64_t id, struct arena *arena, struct artifact_manifest **out,
                                               struct err *err);
MUST_CHECK enum err_code artifact_manifest_store(struct db_tx *tx, int64_t id, const unsigned char sha256[SHA256_BYTES],
                                                 int64_t size_bytes, int64_t now_ms, struct err *err);
/* Those of one artifact that arrived, in the order they were made: the last FULL one counts, and every PATCH. */
MUST_CHECK enum err_code artifact_manifest_list(struct db_tx *tx, int64_t artifact_id, struct arena *arena, struct list *out,
                                                struct err *err);

/* ---- uploads ---- */

MUST_CHECK enum err_code artifact_upload_store(struct db_tx *tx, int64_t artifact_id, struct str path,
                                               const unsigned char md5[MD5_BYTES], const unsigned char sha256[SHA256_BYTES],
                                               int64_t size_bytes, int64_t now_ms, struct err *err);
/* The draft was told that it need not send these bytes, because the project links them: from here on it holds them itself,
 * whatever becomes of the version that brought them. */
MUST_CHECK enum err_code artifact_upload_pin(struct db_tx *tx, int64_t artifact_id, struct str path,
                                             const unsigned char md5[MD5_BYTES], const struct artifact_blob *blob, struct err *err);
/* The bytes of that md5 that this artifact uploaded under that path. */
MUST_CHECK enum err_code artifact_upload_find(struct db_tx *tx, int64_t artifact_id, struct str path,
                                              const unsigned char md5[MD5_BYTES], struct artifact_blob *out, struct err *err);
/* Of struct artifact_upload: all that it uploaded, by md5, and by path where that is one. */
struct artifact_upload {
    unsigned char md5[MD5_BYTES];
    struct artifact_blob blob;
};
MUST_CHECK enum err_code artifact_upload_list(struct db_tx *tx, int64_t artifact_id, struct arena *arena, struct list *out,
                                              struct err *err);
/* What was uploaded under exactly this path, and its md5. ERR_NOT_FOUND. */
MUST_CHECK enum err_code artifact_upload_get(struct db_tx *tx, int64_t artifact_id, struct str path, unsigned char md5[MD5_BYTES],
                                             struct artifact_blob *out, struct err *err);
/* What the project links under that md5. */
MUST_CHECK enum err_code project_blob_find(struct db_tx *tx, int64_t project_id, const unsigned char md5[MD5_BYTES],
                                           struct artifact_blob *out, struct err *err);
MUST_CHECK enum err_code project_blob_link(struct db_tx *tx, int64_t project_id, const unsigned char md5[MD5_BYTES],
                                           const struct artifact_blob *blob, struct err *err);

/* The draft keeps these bytes under that path no longer, and when nobody else does they may go at once. */
MUST_CHECK enum err_code artifact_upload_let_go(struct db_tx *tx, int64_t artifact_id, struct str path,
                                                const unsigned char sha256[SHA256_BYTES], struct err *err);

/* A version needs its draft's uploads and manifests no more: its files are linked. */
MUST_CHECK enum err_code artifact_drop_draft(struct db_tx *tx, int64_t artifact_id, struct err *err);

/* ---- committed entries ---- */

/* What stood under the path is replaced: a commit in portions that was cut off begins again. */
MUST_CHECK enum err_code artifact_file_add(struct db_tx *tx, const struct artifact_file *file, struct err *err);
MUST_CHECK enum err_code artifact_file_count(struct db_tx *tx, int64_t artifact_id, int64_t *count, struct err *err);
MUST_CHECK enum err_code artifact_file_remove_some(struct db_tx *tx, int64_t artifact_id, int64_t max, int64_t *removed,
                                                   struct err *err);
MUST_CHECK enum err_code artifact_file_find(struct db_tx *tx, int64_t artifact_id, struct str path, struct arena *arena,
                                            struct artifact_file **out, struct err *err);
/* digest: base64. */
MUST_CHECK enum err_code artifact_file_find_by_digest(struct db_tx *tx, int64_t artifact_id, struct str digest, struct arena *arena,
                                                      struct artifact_file **out, struct err *err);
/* The same in any version of the project: the entry of one that is committed and not deleted. */
MUST_CHECK enum err_code artifact_file_find_in_project(struct db_tx *tx, int64_t project_id, const unsigned char md5[MD5_BYTES],
                                                       struct arena *arena, struct artifact_file **out, struct err *err);
/* Of struct artifact_file with owner and artifact_id only: for each other project that versions of this one are linked into, one of those
 * that hold the bytes. */
MUST_CHECK enum err_code artifact_file_list_linked(struct db_tx *tx, int64_t project_id, const unsigned char md5[MD5_BYTES],
                                                   struct arena *arena, struct list *out, struct err *err);
/* Of struct owner: the entity's projects that link bytes of that md5. */
MUST_CHECK enum err_code project_blob_list_projects(struct db_tx *tx, int64_t entity_id, const unsigned char md5[MD5_BYTES],
                                                    struct arena *arena, struct list *out, struct err *err);
/* Of struct artifact_file, by path, after that path (ptr NULL: from the start); only these names when count is not 0. */
MUST_CHECK enum err_code artifact_file_list(struct db_tx *tx, int64_t artifact_id, struct str after, size_t limit,
                                            const struct str *names, size_t name_count, struct arena *arena, struct list *out,
                                            struct err *err);
/* The manifest as it is handed out. */
MUST_CHECK enum err_code artifact_manifest_blob_set(struct db_tx *tx, int64_t artifact_id, const unsigned char sha256[SHA256_BYTES],
                                                    int64_t size_bytes, int64_t now_ms, struct err *err);
MUST_CHECK enum err_code artifact_manifest_blob_get(struct db_tx *tx, int64_t artifact_id, struct artifact_blob *out, struct err *err);

#endif
