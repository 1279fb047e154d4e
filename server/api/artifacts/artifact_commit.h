/* artifact_commit.h - from a draft with uploaded files and manifests to a version.
 *
 * The manifests are read and merged outside the writer's transaction; then one transaction links the bytes, gives the
 * version its index and moves the aliases. An entry is accepted only if its bytes came through this artifact's own
 * upload or are linked in this project already: knowing a digest is not having the bytes.
 */
#ifndef SERVER_API_ARTIFACT_COMMIT_H
#define SERVER_API_ARTIFACT_COMMIT_H

#include "server/api/access.h"
#include "server/store/artifacts/artifact.h"

/* *out is the version. One that is committed already stays as it is. */
MUST_CHECK enum err_code artifact_commit_draft(struct identity *identity, int64_t artifact_id, struct artifact **out, struct err *err);

#endif
