/* os_linux.c - see os.h. */
#include "client/os.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { POPULATE_WRITE = 23 /* MADV_POPULATE_WRITE, which older headers lack */ };

int os_shared_mutex_init(struct os_shared_mutex *mutex) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    int failure = pthread_mutex_init(&mutex->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return failure;
}

bool os_shared_mutex_lock(struct os_shared_mutex *mutex) {
    if (pthread_mutex_lock(&mutex->mutex) != EOWNERDEAD)
        return true;
    pthread_mutex_consistent(&mutex->mutex);
    return false;
}

void os_shared_mutex_unlock(struct os_shared_mutex *mutex) {
    pthread_mutex_unlock(&mutex->mutex);
}

bool os_is_room_promised(int fd) {
    static const unsigned long types[] = { 0xEF53 /* ext */,          0x58465342 /* XFS */,   0x9123683E /* Btrfs */,
                                           0x01021994 /* tmpfs */,    0xF2F52010 /* F2FS */,  0x2FC12FC1 /* ZFS */,
                                           0x794C7630 /* overlay */,  0x858458F6 /* ramfs */, 0xCA451A4E /* bcachefs */ };
    struct statfs stat;
    if (fstatfs(fd, &stat) != 0)
        return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if ((unsigned long)stat.f_type == types[i])
            return true;
    return false;
}

/* Kernels before 5.14 do not know it. */
void os_enter_pages(void *pages, size_t bytes) {
    (void)madvise(pages, bytes, POPULATE_WRITE);
}

void os_let_pages_go(void *pages, size_t bytes) {
    (void)madvise(pages, bytes, MADV_DONTNEED);
}

int os_watch_process(pid_t process) {
    return (int)syscall(SYS_pidfd_open, process, 0);
}

void os_interrupt_process(int watch_fd, pid_t process) {
    (void)process;
    (void)syscall(SYS_pidfd_send_signal, watch_fd, SIGINT, NULL, 0);
}

int os_message_pair(int fds[2]) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds);
}

pid_t os_peer_of(int message_fd) {
    struct ucred peer;
    socklen_t len = sizeof peer;
    return getsockopt(message_fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 ? peer.pid : 0;
}

/* Kernels before 5.9 do not know it; there they stay open. */
bool os_close_from(int first_fd) {
    return syscall(SYS_close_range, first_fd, ~0U, 0) == 0 || errno == ENOSYS;
}
