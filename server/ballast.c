/* ballast.c - see ballast.h. */
#include "server/ballast.h"

#include "base/file.h"
#include "base/log.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Written, not only reserved: some file systems give a hole no room. */
static bool fill(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool is_filled = posix_fallocate(fd, 0, BALLAST_BYTES) == 0 && fsync(fd) == 0;
    (void)close(fd);
    if (!is_filled)
        (void)unlink(path);
    return is_filled;
}

static void drop(struct ballast *ballast) {
    if (!*ballast->is_low)
        log_error("the disk is nearly full: rows and files are refused, reading and deleting go on");
    *ballast->is_low = true;
    if (file_exists(ballast->path) && unlink(ballast->path) != 0)
        log_warn("cannot drop the ballast '%s'", ballast->path);
}

static void take(struct ballast *ballast) {
    if (!file_exists(ballast->path) && !fill(ballast->path)) {
        log_warn("cannot take the ballast '%s' aboard", ballast->path);
        return;
    }
    if (*ballast->is_low)
        log_info("the disk has room again");
    *ballast->is_low = false;
}

void ballast_look_at(struct ballast *ballast, int64_t free_bytes) {
    bool is_aboard = file_exists(ballast->path);
    if (free_bytes < BALLAST_LOW_BYTES)
        drop(ballast);
    else if (is_aboard || free_bytes > 2 * BALLAST_BYTES) /* with it aboard there must still be room */
        take(ballast);
}

void ballast_look(struct ballast *ballast) {
    struct statvfs facts;
    if (statvfs(ballast->folder, &facts) == 0)
        ballast_look_at(ballast, (int64_t)facts.f_bavail * (int64_t)facts.f_frsize);
}
