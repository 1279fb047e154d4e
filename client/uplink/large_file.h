/* large_file.h - a file that goes in parts: where they begin, what their digests are, and which of them have arrived.
 *
 * It outlives an attempt: what broke off goes on with the parts that are missing, and nothing is read for its digest twice.
 *
 * Threads: one owner. Memory: large_file_destroy.
 */
#ifndef CLIENT_LARGE_FILE_H
#define CLIENT_LARGE_FILE_H

#include "base/hash.h"
#include "client/uplink/uploads.h"

#include <sys/stat.h>

enum { LARGE_FILE_PARTS_MAX = 10000 };

struct large_file_part {
    uint64_t offset, length;
    unsigned char md5[MD5_BYTES];
    char etag[UPLOAD_ETAG_MAX]; /* what the server called it; empty until it arrived */
};

struct large_file {
    char *key; /* whose it is; the caller's words */
    uint64_t size;
    struct timespec changed;
    struct large_file_part *parts;
    size_t part_count;
    bool was_begun_anew;
};

/* Files of that size and more go in parts: 2 GiB, or $BAROGRAPH_MULTIPART_BYTES (1 MiB and more), for a proxy before the
 * server that takes less at once. */
uint64_t large_file_from_bytes(void);
/* At most 100 MiB, below that limit, and so that there are not too many. */
uint64_t large_file_part_bytes(uint64_t size, uint64_t from_bytes);

/* Reads the open file for its digests, unless *file is the same one already, which is what was measured before. On failure
 * *file is NULL. ERR_IO when it cannot be read. */
MUST_CHECK enum err_code large_file_measure(struct large_file **file, const char *key, int fd, uint64_t from_bytes, struct err *err);
/* The server did not take what it has: all parts are to be sent again. False the second time. */
bool large_file_begin_anew(struct large_file *file);
void large_file_destroy(struct large_file *file); /* NULL is fine */

#endif
