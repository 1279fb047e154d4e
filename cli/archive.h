/* archive.h - reads a backup's archive (server/api/backup.h), and checks every byte of it on the way.
 *
 * Memory: nothing outlives a call.
 */
#ifndef CLI_ARCHIVE_H
#define CLI_ARCHIVE_H

#include "base/tar.h"

struct archive_facts {
    int64_t file_count;
    uint64_t byte_count;
};

/* Where a file's bytes go: an fd, which is closed after them. */
typedef enum err_code archive_open_file(void *context, const struct tar_entry *entry, int *fd, struct err *err);

/* From where fd stands to the archive's end. open_file NULL: only checks. ERR_CORRUPT when a byte is not what was
 * backed up, or when the archive ends too early. */
MUST_CHECK enum err_code archive_read(int fd, archive_open_file *open_file, void *context, struct archive_facts *facts,
                                      struct err *err);

#endif
