/* os.h - what systems do each in their own way: os_linux.c, os_macos.c.
 *
 * Threads: no state. Memory: none.
 */
#ifndef BASE_OS_H
#define BASE_OS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

/* False, and errno, when the system has none. */
bool os_random(void *out, size_t size_bytes);
/* Not left out by a compiler that sees that nobody reads it. */
void os_wipe(void *bytes, size_t size_bytes);
/* Safe for threads, unlike strerror; it lives for ever. */
const char *os_error_text(int error_number);

int os_pipe(int fds[2]); /* closed on exec */
/* Closed on exec, does not block, and a peer that is gone is an error and no signal. */
int os_stream_socket(int family);

/* Room on the disk for [from, to) of a file, which becomes that long. 0 or an error number. */
int os_set_room_aside(int fd, uint64_t from, uint64_t to);
int os_sync_data(int fd);
/* All of a file system at once; false in can_ where a failure would not be told. */
bool os_can_sync_file_system(void);
int os_sync_file_system(int fd);
struct timespec os_changed_at(const struct stat *stat);

/* Waits go by the monotonic clock. 0, or ETIMEDOUT once clock_mono_ms() is past the limit. */
void os_cond_init(pthread_cond_t *cond);
int os_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t limit_mono_ms);

#endif
