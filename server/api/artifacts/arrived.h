/* arrived.h - files of drafts that clients put into the bucket themselves ("direct=on"), and which the server reads before it
 * believes in them.
 *
 * A client is given an address in the bucket instead of one of the server. Nothing tells the server that the file has come; it
 * looks when the client says that all has been sent: at the commit, or when parts are to be put together. From there on it
 * is an upload of the draft like any other.
 */
#ifndef SERVER_API_ARRIVED_H
#define SERVER_API_ARRIVED_H

#include "base/hash.h"
#include "server/api/access.h"
#include "server/store/artifacts/artifact.h"

struct arrived_file {
    struct str path; /* as in artifact_upload_store */
    unsigned char md5[MD5_BYTES];
};

bool arrived_is_possible(const struct app *app);
/* Where this file is to be put; ptr NULL: to the server. */
MUST_CHECK enum err_code arrived_address(const struct app *app, int64_t artifact_id, const struct arrived_file *file, struct str *url,
                                         struct arena *arena, struct err *err);
/* Stores those of the files that have come, outside of any transaction. What has not come, or is something else, is passed over.
 * ERR_BUSY when it takes long: what was done is kept, and whoever asks again goes on from there. */
MUST_CHECK enum err_code arrived_take(struct identity *identity, const struct artifact *artifact, const struct arrived_file *files,
                                      size_t count, struct err *err);

#endif
