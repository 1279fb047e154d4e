/* os_macos.c - see os.h. */
#define __STDC_WANT_LIB_EXT1__ 1 /* memset_s */
#include "base/os.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool os_random(void *out, size_t size_bytes) {
    arc4random_buf(out, size_bytes);
    return true;
}

void os_wipe(void *bytes, size_t size_bytes) {
    (void)memset_s(bytes, size_bytes, 0, size_bytes);
}

/* The texts of known numbers are constants there. */
const char *os_error_text(int error_number) {
    return error_number >= 0 && error_number < sys_nerr ? sys_errlist[error_number] : "unknown error";
}

int os_pipe(int fds[2]) {
    if (pipe(fds) != 0)
        return -1;
    (void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    return 0;
}

int os_stream_socket(int family) {
    int one = 1, fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &one, sizeof one);
    return fd;
}

int os_set_room_aside(int fd, uint64_t from, uint64_t to) {
    fstore_t store = { .fst_flags = F_ALLOCATEALL, .fst_posmode = F_PEOFPOSMODE, .fst_length = (off_t)(to - from) };
    if (fcntl(fd, F_PREALLOCATE, &store) != 0 && errno != ENOTSUP)
        return errno;
    return ftruncate(fd, (off_t)to) == 0 ? 0 : errno;
}

/* fsync alone leaves it in the drive's cache. */
int os_sync_data(int fd) {
    return fcntl(fd, F_FULLFSYNC) == 0 ? 0 : fsync(fd);
}

bool os_can_sync_file_system(void) {
    return false;
}

int os_sync_file_system(int fd) {
    (void)fd;
    errno = ENOTSUP;
    return -1;
}

struct timespec os_changed_at(const struct stat *stat) {
    return stat->st_mtimespec;
}

void os_cond_init(pthread_cond_t *cond) {
    (void)pthread_cond_init(cond, NULL);
}

int os_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t limit_mono_ms) {
    int64_t left_ms = limit_mono_ms - clock_mono_ms();
    if (left_ms <= 0)
        return ETIMEDOUT;
    const struct timespec left = { .tv_sec = left_ms / 1000, .tv_nsec = left_ms % 1000 * 1000000 };
    return pthread_cond_timedwait_relative_np(cond, mutex, &left);
}
