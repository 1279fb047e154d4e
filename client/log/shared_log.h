/* shared_log.h - the transaction log as processes share it: appended to through mapped pages of the file itself.
 *
 * Beside RUN.wandb stands RUN.wandb.control, a small mapping with the log's end, the next record's number, the next
 * step and the open row, under a robust mutex that all processes of a run share: its threads, forked children and
 * the sender. What was appended is in the page cache when append returns, so it outlives any of them. Bytes behind
 * the end are room set aside beforehand; a full disk is noticed there and not by a signal.
 *
 * On file systems of other machines, and on those that cannot map (BAROGRAPH_NO_MMAP=1 says so of any), the log is written
 * by write(2) instead: some microseconds a row, and the same promise.
 *
 * A holder of the mutex that dies leaves a torn tail behind the end: the next holder wipes it.
 *
 * Threads: any, between shared_log_lock and shared_log_unlock. Memory: shared_log_close. Nothing aborts.
 */
#ifndef CLIENT_SHARED_LOG_H
#define CLIENT_SHARED_LOG_H

#include "base/buf.h"
#include "client/os.h"

#include <stdatomic.h>

enum { SHARED_LOG_OPEN_ROW_MAX = 256 << 10 };

struct shared_log_control {
    char magic[8];
    uint32_t version;
    _Atomic uint32_t is_ended; /* an exit record stands in the log */
    struct os_shared_mutex mutex;
    _Atomic uint64_t end;  /* of the last whole record, in the file */
    uint64_t reserved_end; /* a writer may have written until here */
    uint64_t allocated;    /* the file's size */
    int64_t next_record, next_step;
    int64_t first_line;    /* where the server's history of this run began; the sender's */
    uint32_t has_first_line;
    int64_t start_wall_ns;
    uint32_t is_written; /* by write(2): the file system is none whose mapped pages a full disk cannot fail */
    char server[256]; /* whom the sender tells; empty: nobody yet */
    /* Items of the history record that is not committed yet: which of the two, and its length. A holder that dies
     * while it writes one leaves the other. */
    _Atomic uint64_t open_row;
    int64_t open_row_step; /* the row it will be; in the log already when next_step is beyond it */
    int64_t open_row_wall_ns;
    char open_rows[2][SHARED_LOG_OPEN_ROW_MAX];
};

struct shared_log {
    int fd, control_fd;
    struct shared_log_control *control;
    char *window; /* the part of the file that is mapped here */
    uint64_t window_at;
    size_t window_bytes;
    uint64_t entered_from, entered_to; /* the part of the window that has its pages */
    int64_t looked_at_ns; /* whether the file was cut off */
    struct buf scratch; /* of a log that is written and not mapped */
    char *path;
};

/* A new log with its header. ERR_CONFLICT when there is one. */
MUST_CHECK enum err_code shared_log_create(struct shared_log **out, const char *path, struct err *err);
/* One that another process created. ERR_NOT_FOUND when it has no control file. */
MUST_CHECK enum err_code shared_log_open(struct shared_log **out, const char *path, struct err *err);
void shared_log_close(struct shared_log *log); /* NULL is fine; the files stay */

/* While the process that began the log lives, or a child that it forked, others see that it does: a lock on the control
 * file says so. */
bool shared_log_has_writer(const struct shared_log *log);

void shared_log_lock(struct shared_log *log);
void shared_log_unlock(struct shared_log *log);

/* While locked. ERR_FULL when the disk is, ERR_CONFLICT after the end of the run; then nothing changed. */
MUST_CHECK enum err_code shared_log_append(struct shared_log *log, struct str record, struct err *err);
/* While locked, when nobody will append any more: gives the room behind the end back. */
void shared_log_trim(struct shared_log *log);

/* While locked. Empty when there is none. */
struct str shared_log_open_row(const struct shared_log *log);
/* At most SHARED_LOG_OPEN_ROW_MAX; empty closes it. */
void shared_log_set_open_row(struct shared_log *log, struct str items, int64_t wall_ns);

uint64_t shared_log_end(const struct shared_log *log);
/* What stands there reaches the disk; without the lock. */
void shared_log_sync(struct shared_log *log, uint64_t from, uint64_t to);

/* For a reader that shares no memory with the writer, as over a network file system: a descriptor for the calls below,
 * or -1 when there is no control file. */
int shared_log_watch(const char *path);
/* The end that the writer last showed; false when it cannot be read. */
bool shared_log_watched_end(int control_fd, uint64_t *end);

#endif
