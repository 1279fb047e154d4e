/* place.h - where a server's files lie, for carrying them elsewhere: a data folder or a bucket.
 *
 * A file's name is its path in the folder and its key in the bucket: "blobs/ab/cdef...", "history/12/....parquet". Files
 * never change under their name. A folder may be read while a server uses it; files may then go away.
 *
 * Threads: place_read and place_write are safe from all. Memory: place_close.
 */
#ifndef SERVER_TRANSFER_PLACE_H
#define SERVER_TRANSFER_PLACE_H

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
/* ERR_NOT_FOUND. The fd is the caller's. */
MUST_CHECK enum err_code place_read(struct place *place, struct str name, int *fd, struct err *err);
/* Durable under its name when this returns. The fd stays the caller's and is read from its beginning. */
MUST_CHECK enum err_code place_write(struct place *place, const struct place_file *file, int fd, struct err *err);

#endif
