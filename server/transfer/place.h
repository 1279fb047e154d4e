/* place.h - where a server's files lie, for carrying them elsewhere: a data folder or a bucket.
 *
 * A file's name is its path in the folder and its key in the bucket: "blobs/ab/cdef...", "history/12/....parquet". Files
 * never change under their name. A folder may be read while a server uses it; files may then go away.
 *
 * Threads: place_copy and place_hash are safe from all. Memory: place_close.
 */
#ifndef SERVER_TRANSFER_PLACE_H
#define SERVER_TRANSFER_PLACE_H

#include "base/hash.h"
#include "base/list.h"

struct place;

/* For reading: nothing in it is touched. */
MUST_CHECK enum err_code place_open_folder(struct place **out, const char *folder, struct err *err);
/* For writing too: no server uses it. */
MUST_CHECK enum err_code place_make_folder(struct place **out, const char *folder, struct err *err);
MUST_CHECK enum err_code place_open_bucket(struct place **out, struct str url, struct err *err);
void place_close(struct place *place); /* NULL is fine */

struct place_file {
    struct str name;
    uint64_t size_bytes;
};

/* All that is whole, sorted by name. */
MUST_CHECK enum err_code place_list(struct place *place, struct arena *arena, struct list *files, struct err *err);
/* Durable in the target under its name when this returns. sha256: of what was read in the source. ERR_NOT_FOUND when the source
 * lacks it; ERR_CORRUPT when a bucket has other bytes than were stored there. */
MUST_CHECK enum err_code place_copy(struct place *source, struct place *target, const struct place_file *file,
                                    unsigned char sha256[SHA256_BYTES], struct err *err);
/* Of all its bytes, which are read. ERR_NOT_FOUND and ERR_CORRUPT as above. */
MUST_CHECK enum err_code place_hash(struct place *place, struct str name, unsigned char sha256[SHA256_BYTES], struct err *err);

/* A blob is called by the digest of its bytes: "blobs/ab/cdef...". True when that is so, or it is no blob. */
bool place_is_named_so(struct str name, const unsigned char sha256[SHA256_BYTES]);

#endif
