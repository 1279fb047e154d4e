/* os_linux.c - see os.h. */
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

bool os_random(void *out, size_t size_bytes) {
    unsigned char *bytes = out;
    while (size_bytes > 0) {
        ssize_t got = getrandom(bytes, size_bytes, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        bytes += got;
        size_bytes -= (size_t)got;
    }
    return true;
}

void os_wipe(void *bytes, size_t size_bytes) {
    explicit_bzero(bytes, size_bytes);
}

const char *os_error_text(int error_number) {
    const char *text = strerrordesc_np(error_number);
    return text == NULL ? "unknown error" : text;
}

int os_pipe(int fds[2]) {
    return pipe2(fds, O_CLOEXEC);
}

/* What writes to it says MSG_NOSIGNAL. */
int os_stream_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

int os_set_room_aside(int fd, uint64_t from, uint64_t to) {
    return posix_fallocate(fd, (off_t)from, (off_t)(to - from));
}

int os_sync_data(int fd) {
    return fdatasync(fd);
}

bool os_can_sync_file_system(void) {
    struct utsname system;
    unsigned major = 0, minor = 0;
    return uname(&system) == 0 && sscanf(system.release, "%u.%u", &major, &minor) == 2 && (major > 5 || (major == 5 && minor >= 8));
}

int os_sync_file_system(int fd) {
    return syncfs(fd);
}

struct timespec os_changed_at(const struct stat *stat) {
    return stat->st_mtim;
}

void os_cond_init(pthread_cond_t *cond) {
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(cond, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

int os_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t limit_mono_ms) {
    const struct timespec limit = { .tv_sec = limit_mono_ms / 1000, .tv_nsec = limit_mono_ms % 1000 * 1000000 };
    return pthread_cond_timedwait(cond, mutex, &limit);
}
