/* artifact_manifest.h - the manifest file of an artifact version: read from what a client uploaded, merged, written.
 *
 * Paths from outside are checked with file_is_safe_path; a manifest that holds another is refused whole.
 */
#ifndef SERVER_API_ARTIFACT_MANIFEST_H
#define SERVER_API_ARTIFACT_MANIFEST_H

#include "base/list.h"
#include "server/store/artifacts/artifact_file.h"

enum { MANIFEST_MAX_BYTES = 256 << 20, MANIFEST_MAX_ENTRIES = 1000000 };

/* Appends a struct artifact_file (without blob) for each entry. ERR_BAD_INPUT names what is wrong, and where;
 * ERR_TOO_LARGE when the list would hold more than MANIFEST_MAX_ENTRIES. */
MUST_CHECK enum err_code artifact_manifest_parse(struct str json, struct list *entries, struct arena *arena, struct err *err);

/* Later entries replace earlier ones of the same path; the result is sorted by path. */
void artifact_manifest_merge(struct list *entries, struct arena *arena);

/* md5 over "wandb-artifact-manifest-v1\n" and "path:digest\n" of each entry by path, in hexadecimal. */
struct str artifact_manifest_digest(const struct list *entries, struct arena *arena);

/* The versions that the entries refer to (wandb-artifact://...), each once, in the arena. */
const int64_t *artifact_manifest_targets(const struct list *entries, size_t *count, struct arena *arena);

/* What a client downloads. Entries are sorted. */
MUST_CHECK enum err_code artifact_manifest_write(const struct list *entries, struct buf *out, struct err *err);

#endif
