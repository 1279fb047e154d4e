/* shared_log.c - see shared_log.h. */
#include "client/log/shared_log.h"

#include "base/clock.h"
#include "client/log/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    VERSION = 3,
    /* Room is set aside in steps that double: each holds up one row for tens of microseconds, on a busy disk hundreds,
     * however many bytes it is. */
    FIRST_STEP_BYTES = 4 << 20,
    LARGEST_STEP_BYTES = 16 << 20,
    PAGE_BYTES_MAX = 64 << 10, /* a multiple of every page size */
    WINDOW_BYTES = 16 << 20,  /* of addresses */
    ENTERED_BYTES = 1 << 20,  /* of them that have their pages */
    SCRATCH_MAX_BYTES = 80 << 20,
};
static const char magic[8] = { 'B', 'A', 'R', 'O', 'L', 'O', 'G', 0 };

static struct shared_log *log_new(const char *path) {
    struct shared_log *log = calloc(1, sizeof *log);
    if (log == NULL)
        return NULL;
    log->fd = log->control_fd = -1;
    buf_init(&log->scratch, SCRATCH_MAX_BYTES);
    log->path = strdup(path);
    if (log->path == NULL) {
        free(log);
        return NULL;
    }
    return log;
}

void shared_log_close(struct shared_log *log) {
    if (log == NULL)
        return;
    if (log->window != NULL)
        munmap(log->window, log->window_bytes);
    if (log->control != NULL)
        munmap(log->control, sizeof *log->control);
    if (log->fd >= 0)
        close(log->fd);
    if (log->control_fd >= 0)
        close(log->control_fd);
    buf_finish(&log->scratch);
    free(log->path);
    free(log);
}

static enum err_code open_files(struct shared_log *log, int flags, struct err *err) {
    char *control_path = NULL;
    if (asprintf(&control_path, "%s.control", log->path) < 0)
        return err_set(err, ERR_FULL, "out of memory");
    log->control_fd = open(control_path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    int failure = errno;
    free(control_path);
    if (log->control_fd < 0)
        return err_set_errno(err, failure, "cannot open '%s.control'", log->path);
    log->fd = open(log->path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
    return log->fd < 0 ? err_set_errno(err, errno, "cannot open '%s'", log->path) : OK;
}

static enum err_code map_control(struct shared_log *log, struct err *err) {
    void *control = mmap(NULL, sizeof *log->control, PROT_READ | PROT_WRITE, MAP_SHARED, log->control_fd, 0);
    if (control == MAP_FAILED)
        return err_set_errno(err, errno, "cannot map '%s.control'", log->path);
    log->control = control;
    return OK;
}

/* A quota, or a limit on the file's size, is as good as a full disk. */
static bool is_full(int failure) {
    return failure == EFBIG || failure == EDQUOT || failure == ENOSPC;
}

static uint64_t round_up(uint64_t end, uint64_t step) {
    return (end + step - 1) / step * step;
}

static enum err_code set_aside(struct shared_log *log, uint64_t end, struct err *err) {
    uint64_t from = log->control->allocated;
    uint64_t step = from < FIRST_STEP_BYTES ? FIRST_STEP_BYTES : from < LARGEST_STEP_BYTES ? from : LARGEST_STEP_BYTES;
    uint64_t wanted = round_up(end, step);
    int failure = os_set_room_aside(log->fd, from, wanted);
    if (is_full(failure)) {
        wanted = round_up(end, PAGE_BYTES_MAX);
        failure = os_set_room_aside(log->fd, from, wanted);
    }
    if (is_full(failure))
        return err_set(err, ERR_FULL, "cannot set room aside in '%s': %s", log->path, strerror(failure));
    if (failure != 0)
        return err_set_errno(err, failure, "cannot set room aside in '%s'", log->path);
    log->control->allocated = wanted;
    return OK;
}

/* So that [at, at + bytes) can be written here. */
static enum err_code map_window(struct shared_log *log, uint64_t at, size_t bytes, struct err *err) {
    if (log->window != NULL && at >= log->window_at && at + bytes <= log->window_at + log->window_bytes)
        return OK;
    uint64_t from = at / PAGE_BYTES_MAX * PAGE_BYTES_MAX;
    uint64_t to = from + WINDOW_BYTES > at + bytes ? from + WINDOW_BYTES : at + bytes;
    size_t wanted = (size_t)(to - from);
    void *window = mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_SHARED, log->fd, (off_t)from);
    if (window == MAP_FAILED)
        return err_set_errno(err, errno, "cannot map '%s'", log->path);
    if (log->window != NULL)
        munmap(log->window, log->window_bytes);
    log->window = window;
    log->window_at = from;
    log->window_bytes = wanted;
    log->entered_from = log->entered_to = from;
    return OK;
}

/* The pages are there and writable when this returns, and those before leave this process' memory. For many at a time: a
 * fault of its own for each came out of one row in 17, two microseconds and, beside others that write, sometimes fifty. */
static void enter_pages(struct shared_log *log, uint64_t at, uint64_t end) {
    uint64_t window_end = log->window_at + log->window_bytes;
    if (end <= log->entered_to)
        return;
    uint64_t first = at / PAGE_BYTES_MAX * PAGE_BYTES_MAX;
    uint64_t from = first > log->entered_to ? first : log->entered_to;
    uint64_t to = round_up(end, ENTERED_BYTES);
    to = to < log->control->allocated ? to : log->control->allocated;
    to = to < window_end ? to : window_end;
    if (from > log->entered_from)
        os_let_pages_go(log->window + (log->entered_from - log->window_at), (size_t)(from - log->entered_from));
    os_enter_pages(log->window + (from - log->window_at), (size_t)(to - from));
    log->entered_from = from;
    log->entered_to = to;
}

/* The system's last tick, some milliseconds ago at most; a tenth of what the exact time costs. */
static int64_t last_tick_ns(void) {
    struct timespec now;
#ifdef CLOCK_MONOTONIC_COARSE
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
#else
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Somebody may cut the file off meanwhile (truncate, or a tidying of logs), and a write to pages behind its end is a signal that
 * would end the training. A look at each row would make it a third slower, so it is one a tick, 4 ms: a training that logs
 * less often looks each time. What was cut off before it was sent is lost; rows go on where they were. */
static void notice_cut(struct shared_log *log) {
    int64_t tick_ns = last_tick_ns();
    if (tick_ns == log->looked_at_ns)
        return;
    log->looked_at_ns = tick_ns;
    off_t size = lseek(log->fd, 0, SEEK_END);
    if (size < 0 || (uint64_t)size >= log->control->allocated)
        return;
    log->control->allocated = (uint64_t)size;
    log->entered_from = log->entered_to = log->window_at;
}

static enum err_code room_for(struct shared_log *log, uint64_t at, size_t bytes, struct err *err) {
    notice_cut(log);
    if (at + bytes > log->control->allocated)
        TRY(set_aside(log, at + bytes, err));
    TRY(map_window(log, at, bytes, err));
    enter_pages(log, at, at + bytes);
    return OK;
}

static bool is_mapped(int fd) {
    const char *refused = getenv("BAROGRAPH_NO_MMAP");
    return (refused == NULL || strcmp(refused, "1") != 0) && os_is_room_promised(fd);
}

static enum err_code write_at(struct shared_log *log, uint64_t at, struct str bytes, struct err *err) {
    while (bytes.len > 0) {
        ssize_t len = pwrite(log->fd, bytes.ptr, bytes.len, (off_t)at);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && is_full(errno))
            return err_set(err, ERR_FULL, "cannot write '%s': %s", log->path, strerror(errno));
        if (len < 0)
            return err_set_errno(err, errno, "cannot write '%s'", log->path);
        at += (uint64_t)len;
        bytes = str_from(bytes, (size_t)len);
    }
    return OK;
}

static enum err_code append_written(struct shared_log *log, uint64_t end, struct str record, struct err *err) {
    buf_reset(&log->scratch);
    log_file_append(&log->scratch, end, record);
    TRY(buf_check(&log->scratch, "a record", err));
    log->control->reserved_end = end + log->scratch.len;
    TRY(write_at(log, end, buf_str(&log->scratch), err));
    atomic_store_explicit(&log->control->end, end + log->scratch.len, memory_order_release);
    return OK;
}

static enum err_code write_header(struct shared_log *log, struct err *err) {
    struct buf room = { 0 };
    log->control->is_written = !is_mapped(log->fd);
    if (log->control->is_written) {
        buf_reset(&log->scratch);
        log_file_append_header(&log->scratch);
        TRY(write_at(log, 0, buf_str(&log->scratch), err));
        log->control->reserved_end = LOG_FILE_HEADER_BYTES;
        atomic_store_explicit(&log->control->end, LOG_FILE_HEADER_BYTES, memory_order_release);
        return OK;
    }
    TRY(room_for(log, 0, LOG_FILE_HEADER_BYTES, err));
    room = (struct buf){ .ptr = log->window, .cap = log->window_bytes, .max = log->window_bytes };
    log_file_append_header(&room);
    atomic_store_explicit(&log->control->end, LOG_FILE_HEADER_BYTES, memory_order_release);
    log->control->reserved_end = LOG_FILE_HEADER_BYTES;
    return OK;
}

enum err_code shared_log_create(struct shared_log **out, const char *path, struct err *err) {
    enum err_code code;
    struct shared_log *log = log_new(path);

    if (log == NULL)
        return err_set(err, ERR_FULL, "out of memory");
    code = open_files(log, O_CREAT | O_EXCL, err);
    if (code == OK) {
        int failure = os_set_room_aside(log->control_fd, 0, sizeof *log->control);
        code = failure == 0 ? OK : err_set_errno(err, failure, "cannot set room aside for '%s'", path);
    }
    if (code == OK)
        code = map_control(log, err);
    if (code == OK) {
        int failure = os_shared_mutex_init(&log->control->mutex);
        code = failure == 0 ? OK : err_set_errno(err, failure, "cannot make a mutex");
    }
    if (code == OK) {
        log->control->version = VERSION;
        log->control->next_record = 1;
        code = write_header(log, err);
    }
    if (code != OK) {
        shared_log_close(log);
        return code;
    }
    memcpy(log->control->magic, magic, sizeof magic);
    /* Some network file systems have no locks: there nobody finishes another's log. */
    (void)flock(log->control_fd, LOCK_SH | LOCK_NB);
    *out = log;
    return OK;
}

static enum err_code check_control(const struct shared_log *log, struct err *err) {
    struct stat stat;
    if (fstat(log->control_fd, &stat) != 0 || (uint64_t)stat.st_size < sizeof *log->control)
        return err_set(err, ERR_CORRUPT, "'%s.control' is too short", log->path);
    return OK;
}

enum err_code shared_log_open(struct shared_log **out, const char *path, struct err *err) {
    enum err_code code;
    struct shared_log *log = log_new(path);

    if (log == NULL)
        return err_set(err, ERR_FULL, "out of memory");
    code = open_files(log, 0, err);
    if (code == OK)
        code = check_control(log, err);
    if (code == OK)
        code = map_control(log, err);
    if (code == OK && (memcmp(log->control->magic, magic, sizeof magic) != 0 || log->control->version != VERSION))
        code = err_set(err, ERR_CORRUPT, "'%s.control' is of another version", path);
    if (code != OK) {
        shared_log_close(log);
        return code;
    }
    *out = log;
    return OK;
}

/* What a holder wrote before it died is not a record: nobody was told that it is there. */
static void wipe_torn_tail(struct shared_log *log) {
    struct err err;
    uint64_t end = shared_log_end(log);
    uint64_t torn_end = log->control->reserved_end;
    if (log->control->is_written) {
        (void)!ftruncate(log->fd, (off_t)end);
        log->control->reserved_end = end;
        return;
    }
    if (torn_end > end && torn_end <= log->control->allocated &&
        map_window(log, end, (size_t)(torn_end - end), &err) == OK)
        memset(log->window + (end - log->window_at), 0, (size_t)(torn_end - end));
    log->control->reserved_end = end;
}

void shared_log_lock(struct shared_log *log) {
    if (!os_shared_mutex_lock(&log->control->mutex))
        wipe_torn_tail(log);
}

bool shared_log_has_writer(const struct shared_log *log) {
    if (flock(log->control_fd, LOCK_EX | LOCK_NB) != 0)
        return true;
    (void)flock(log->control_fd, LOCK_UN);
    return false;
}

void shared_log_unlock(struct shared_log *log) {
    os_shared_mutex_unlock(&log->control->mutex);
}

enum err_code shared_log_append(struct shared_log *log, struct str record, struct err *err) {
    if (atomic_load(&log->control->is_ended))
        return err_set(err, ERR_CONFLICT, "the run is finished");
    uint64_t end = shared_log_end(log);
    if (log->control->is_written)
        return append_written(log, end, record, err);
    size_t bytes = (size_t)log_file_record_bytes(end, record.len);
    TRY(room_for(log, end, bytes, err));
    log->control->reserved_end = end + bytes;
    struct buf room = { .ptr = log->window + (end - log->window_at), .cap = bytes, .max = bytes };
    log_file_append(&room, end, record);
    atomic_store_explicit(&log->control->end, end + bytes, memory_order_release);
    return OK;
}

void shared_log_trim(struct shared_log *log) {
    uint64_t end = shared_log_end(log);
    if (log->window != NULL)
        munmap(log->window, log->window_bytes);
    log->window = NULL;
    if (ftruncate(log->fd, (off_t)end) == 0)
        log->control->allocated = end;
}

enum { OPEN_ROW_SLOT = 32 };

struct str shared_log_open_row(const struct shared_log *log) {
    const struct shared_log_control *control = log->control;
    uint64_t open_row = atomic_load(&control->open_row);
    size_t len = (size_t)(uint32_t)open_row;
    if (control->open_row_step < control->next_step || len > SHARED_LOG_OPEN_ROW_MAX)
        return STR_EMPTY;
    return (struct str){ control->open_rows[open_row >> OPEN_ROW_SLOT & 1], len };
}

void shared_log_set_open_row(struct shared_log *log, struct str items, int64_t wall_ns) {
    struct shared_log_control *control = log->control;
    uint64_t slot = (atomic_load(&control->open_row) >> OPEN_ROW_SLOT & 1) ^ 1;
    if (items.len > 0)
        memcpy(control->open_rows[slot], items.ptr, items.len);
    control->open_row_wall_ns = wall_ns;
    control->open_row_step = control->next_step;
    atomic_store(&control->open_row, slot << OPEN_ROW_SLOT | items.len);
}

/* Only that range: a page that is written out is read-only until it is written to again, and so the pages ahead of the
 * writer, which fdatasync would take too, would each cost it a fault. */
void shared_log_sync(struct shared_log *log, uint64_t from, uint64_t to) {
    uint64_t begin = from / PAGE_BYTES_MAX * PAGE_BYTES_MAX;
    void *range = log->control->is_written || to <= from
                      ? MAP_FAILED
                      : mmap(NULL, (size_t)(to - begin), PROT_READ, MAP_SHARED, log->fd, (off_t)begin);
    if (range == MAP_FAILED || msync(range, (size_t)(to - begin), MS_SYNC) != 0)
        (void)os_sync_data(log->fd);
    if (range != MAP_FAILED)
        munmap(range, (size_t)(to - begin));
}

uint64_t shared_log_end(const struct shared_log *log) {
    return atomic_load_explicit(&log->control->end, memory_order_acquire);
}

int shared_log_watch(const char *path) {
    char *control_path = NULL;
    if (asprintf(&control_path, "%s.control", path) < 0)
        return -1;
    int fd = open(control_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    free(control_path);
    return fd;
}

bool shared_log_watched_end(int control_fd, uint64_t *end) {
    off_t at = (off_t)offsetof(struct shared_log_control, end);
    return pread(control_fd, end, sizeof *end, at) == (ssize_t)sizeof *end;
}
