/* os.h - what the client needs of its system that systems do each in their own way: os_linux.c, os_macos.c.
 *
 * Threads: no state. Memory: none.
 */
#ifndef CLIENT_OS_H
#define CLIENT_OS_H

#include "base/os.h"

#include <sys/types.h>

/* ---- a mutex in memory that processes share; one that dies with it gives it back ---- */

struct os_shared_mutex {
#ifdef __APPLE__
    _Atomic int64_t owner; /* a process; 0: nobody. There are no robust mutexes there */
#else
    pthread_mutex_t mutex;
#endif
};

/* 0 or an error number. */
int os_shared_mutex_init(struct os_shared_mutex *mutex);
/* False: the owner before died while it held it, and its work may be half done. It is locked in either case. */
bool os_shared_mutex_lock(struct os_shared_mutex *mutex);
void os_shared_mutex_unlock(struct os_shared_mutex *mutex);

/* ---- the log's file ---- */

/* Room that was set aside there is there when a page of it is written to: a full disk is no signal. */
bool os_is_room_promised(int fd);
/* Pages of a file that is mapped and shared are there, and writable, when it returns; a hint. */
void os_enter_pages(void *pages, size_t bytes);
/* They leave this process' memory, not the file's; a hint. */
void os_let_pages_go(void *pages, size_t bytes);

/* ---- processes ---- */

/* Becomes readable when the process ends; -1, with ESRCH when there is none. */
int os_watch_process(pid_t process);
/* As by Ctrl-C, to the watched one and no other that has its number by now. */
void os_interrupt_process(int watch_fd, pid_t process);
/* Two ends that carry messages whole and are closed on exec. */
int os_message_pair(int fds[2]);
/* Who made that pair; 0 when the system does not say. */
pid_t os_peer_of(int message_fd);
/* False when they may still be open. */
bool os_close_from(int first_fd);

#endif
