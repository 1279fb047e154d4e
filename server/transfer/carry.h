/* carry.h - carries a server's files from one place to another, several at once, and compares them by their digests.
 *
 * Files never change under their name, so one that is there with its size is not sent again: what was cut off goes on.
 */
#ifndef SERVER_TRANSFER_CARRY_H
#define SERVER_TRANSFER_CARRY_H

#include "server/transfer/compared.h"
#include "server/transfer/place.h"

struct carried_files {
    int64_t file_count, written_count;
    uint64_t byte_count, written_bytes;
    int64_t gone_count;  /* went away while they were carried */
    int64_t known_count; /* were compared before, or when they were carried */
    int64_t wrong_count; /* not the same on both sides, or not what their name says */
    struct str first_wrong;
};

/* Called from several threads, one at a time. */
typedef void carry_progress(void *context, int64_t done, int64_t of);

/* may_go: a server uses the source; a file that is gone when its turn comes is none. What is carried is read again in the target, and
 * remembered when it is the same; compared NULL leaves that to compare_files. */
MUST_CHECK enum err_code carry_files(struct place *source, struct place *target, struct compared *compared, bool may_go,
                                     carry_progress *progress, void *context, struct carried_files *facts, struct arena *arena,
                                     struct err *err);
/* Reads each file of the source on both sides, but those that were compared before, and remembers those that are the same.
 * may_go: as above. */
MUST_CHECK enum err_code compare_files(struct place *source, struct place *target, struct compared *compared, bool may_go,
                                       carry_progress *progress, void *context, struct carried_files *facts,
                                       struct arena *arena, struct err *err);

#endif
