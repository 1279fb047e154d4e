/* tar.h - the heads of tar archives (POSIX ustar): files only, which is all that ours hold.
 *
 * Memory: nothing is allocated.
 */
#ifndef BASE_TAR_H
#define BASE_TAR_H

#include "base/buf.h"

enum { TAR_BLOCK_BYTES = 512, TAR_NAME_MAX = 255 };

struct tar_entry {
    char name[TAR_NAME_MAX + 2];
    uint64_t size_bytes;
    uint32_t mode;
    int64_t modified_s;
};

/* ERR_BAD_INPUT for a name that does not fit: over 100 bytes it needs a '/' in the right place. */
MUST_CHECK enum err_code tar_append_head(struct buf *out, const struct tar_entry *entry, struct err *err);
/* Zeros behind a file's bytes, and behind the last file. */
void tar_append_padding(struct buf *out, uint64_t size_bytes);
void tar_append_end(struct buf *out);
uint64_t tar_padded(uint64_t size_bytes);

/* block: TAR_BLOCK_BYTES. *is_end: a block of zeros. ERR_CORRUPT for a wrong checksum; ERR_BAD_INPUT for what is no
 * plain file. The name is as it stands: whoever writes it to a disk checks it. */
MUST_CHECK enum err_code tar_read_head(const char *block, struct tar_entry *out, bool *is_end, struct err *err);

#endif
