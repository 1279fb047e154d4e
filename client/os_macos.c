/* os_macos.c - see os.h. */
#include "client/os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/event.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LOOK_AFTER_TURNS = 100, TURN_US = 20 };

int os_shared_mutex_init(struct os_shared_mutex *mutex) {
    atomic_store(&mutex->owner, 0);
    return 0;
}

static bool is_gone(int64_t process) {
    return kill((pid_t)process, 0) != 0 && errno == ESRCH;
}

/* It is held for a microsecond: who finds it taken comes back soon, and looks now and then whether its owner lives. */
bool os_shared_mutex_lock(struct os_shared_mutex *mutex) {
    int64_t self = getpid();
    for (int turn = 1;; turn++) {
        int64_t owner = 0;
        if (atomic_compare_exchange_strong(&mutex->owner, &owner, self))
            return true;
        if (turn % LOOK_AFTER_TURNS == 0 && is_gone(owner) && atomic_compare_exchange_strong(&mutex->owner, &owner, self))
            return false;
        (void)usleep(TURN_US);
    }
}

void os_shared_mutex_unlock(struct os_shared_mutex *mutex) {
    atomic_store(&mutex->owner, 0);
}

/* APFS copies what is written to another place: the log is written by write(2). */
bool os_is_room_promised(int fd) {
    (void)fd;
    return false;
}

void os_enter_pages(void *pages, size_t bytes) {
    (void)pages;
    (void)bytes;
}

void os_let_pages_go(void *pages, size_t bytes) {
    (void)pages;
    (void)bytes;
}

int os_watch_process(pid_t process) {
    struct kevent change;
    int fd = kqueue();
    if (fd < 0)
        return -1;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    EV_SET(&change, (uintptr_t)process, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, NULL);
    if (kevent(fd, &change, 1, NULL, 0, NULL) == 0)
        return fd;
    int failure = errno;
    close(fd);
    errno = failure;
    return -1;
}

void os_interrupt_process(int watch_fd, pid_t process) {
    (void)watch_fd;
    (void)kill(process, SIGINT);
}

/* Datagrams: sequenced packets are not known there. */
int os_message_pair(int fds[2]) {
    int one = 1;
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) != 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        (void)fcntl(fds[i], F_SETFD, FD_CLOEXEC);
        (void)setsockopt(fds[i], SOL_SOCKET, SO_NOSIGPIPE, &one, sizeof one);
    }
    return 0;
}

pid_t os_peer_of(int message_fd) {
    pid_t peer = 0;
    socklen_t len = sizeof peer;
    return getsockopt(message_fd, SOL_LOCAL, LOCAL_PEERPID, &peer, &len) == 0 ? peer : 0;
}

bool os_close_from(int first_fd) {
    for (int fd = first_fd, limit = getdtablesize(); fd < limit; fd++)
        (void)close(fd);
    return true;
}
