/* ballast.h - a file that only takes room: when the disk is nearly full it goes, so that what is deleted can be deleted (a
 * database writes before it frees anything), while rows and files are refused until there is room for it again.
 *
 * Threads: the watcher's; whether the disk is low is for all to read.
 */
#ifndef SERVER_BALLAST_H
#define SERVER_BALLAST_H

#include <stdbool.h>
#include <stdint.h>

#define BALLAST_BYTES (INT64_C(64) << 20)
#define BALLAST_LOW_BYTES (INT64_C(32) << 20) /* less room than this is low */

struct ballast {
    const char *folder, *path;
    _Atomic bool *is_low; /* app.is_disk_low */
};

/* Looks at the disk; drops the ballast, or takes it aboard. */
void ballast_look(struct ballast *ballast);
/* The same with this much room: so that tests need no disk of their own. */
void ballast_look_at(struct ballast *ballast, int64_t free_bytes);

#endif
