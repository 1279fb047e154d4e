/* disk.c - stands between a server and its disk (LD_PRELOAD): writes down what reaches it, and makes it fail on demand.
 *
 * DISK_FOLDER   what concerns us: paths under this folder
 * DISK_LOG      each change is appended here, in order, syncs too; disk.py tells from it what a power cut leaves
 * DISK_SWITCH   a file whose first letter says how the disk fails while it exists: F no space is left, N none for new
 *               files, E input and output fail, S syncs wait until the file is gone, R the file system is read-only,
 *               K the process is killed once a history's segment has its name, T while it is written
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum operation { CREATE = 1, WRITE, TRUNCATE, RENAME, UNLINK, MAKE_FOLDER, SYNC, SYNC_FOLDER, SYNC_ALL, LINK };

struct __attribute__((packed)) record {
    uint8_t operation;
    uint64_t inode;
    int64_t offset;
    uint32_t first_len, second_len;
};

static struct {
    pthread_mutex_t mutex;
    const char *folder, *control;
    int log;
    int (*open)(const char *, int, ...);
    ssize_t (*write)(int, const void *, size_t), (*pwrite)(int, const void *, size_t, off_t), (*pread)(int, void *, size_t, off_t);
    int (*ftruncate)(int, off_t), (*rename)(const char *, const char *), (*link)(const char *, const char *), (*unlink)(const char *), (*mkdir)(const char *, mode_t);
    int (*fsync)(int), (*fdatasync)(int), (*syncfs)(int);
} disk = { .mutex = PTHREAD_MUTEX_INITIALIZER, .log = -1 };

#define FIND(name, symbol) (*(void **)&disk.name = dlsym(RTLD_NEXT, symbol))

__attribute__((constructor)) static void set_up(void) {
    const char *log = getenv("DISK_LOG");
    FIND(open, "open64"), FIND(write, "write"), FIND(pwrite, "pwrite64"), FIND(pread, "pread64"), FIND(ftruncate, "ftruncate64");
    FIND(rename, "rename"), FIND(link, "link"), FIND(unlink, "unlink"), FIND(mkdir, "mkdir"), FIND(fsync, "fsync"), FIND(fdatasync, "fdatasync");
    FIND(syncfs, "syncfs");
    disk.folder = getenv("DISK_FOLDER");
    disk.control = getenv("DISK_SWITCH");
    if (log != NULL)
        disk.log = disk.open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static char failing(void) {
    char letter = 0;
    int saved = errno, fd = disk.control == NULL ? -1 : disk.open(disk.control, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (read(fd, &letter, 1) != 1)
            letter = 0;
        (void)close(fd);
    }
    errno = saved;
    return letter;
}

static void die_if(char letter, const char *path, const char *part) {
    if (strstr(path, part) != NULL && failing() == letter)
        (void)kill(getpid(), SIGKILL);
}

static int is_ours(const char *path) {
    size_t len = disk.folder == NULL ? 0 : strlen(disk.folder);
    return len > 0 && strncmp(path, disk.folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static int path_of(int fd, char out[4096]) {
    char link[64] = "/proc/self/fd/";
    char digits[16];
    int count = 0, at = (int)strlen(link), saved = errno;
    for (int left = fd; count == 0 || left > 0; left /= 10)
        digits[count++] = (char)('0' + left % 10);
    while (count > 0)
        link[at++] = digits[--count];
    ssize_t len = readlink(link, out, 4095);
    errno = saved;
    if (len < 0)
        return 0;
    out[len] = '\0';
    return is_ours(out);
}

static void note(enum operation operation, int fd, int64_t offset, const void *first, size_t first_len, const char *second) {
    struct stat status = { 0 };
    int saved = errno;
    size_t second_len = second == NULL ? 0 : strlen(second);
    if (disk.log < 0)
        return;
    if (fd >= 0)
        (void)fstat(fd, &status);
    struct record record = { (uint8_t)operation, status.st_ino, offset, (uint32_t)first_len, (uint32_t)second_len };
    size_t len = sizeof record + first_len + second_len;
    char *bytes = malloc(len);
    memcpy(bytes, &record, sizeof record);
    if (first_len > 0)
        memcpy(bytes + sizeof record, first, first_len);
    if (second_len > 0)
        memcpy(bytes + sizeof record + first_len, second, second_len);
    if (syscall(SYS_write, disk.log, bytes, len) != (long)len)
        abort();
    free(bytes);
    errno = saved;
}

static void lock(void) {
    (void)pthread_mutex_lock(&disk.mutex);
}

static void unlock(void) {
    int saved = errno;
    (void)pthread_mutex_unlock(&disk.mutex);
    errno = saved;
}

static int fail(int error) {
    errno = error;
    return -1;
}

static int open_noted(const char *path, int flags, mode_t mode) {
    if (!is_ours(path))
        return disk.open(path, flags, mode);
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
    if (writes && failing() == 'R')
        return fail(EROFS);
    lock();
    int is_new = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
    char how = failing();
    if (is_new && (how == 'F' || how == 'N')) {
        unlock();
        return fail(ENOSPC);
    }
    int fd = disk.open(path, flags, mode);
    if (fd >= 0 && is_new)
        note(CREATE, fd, 0, path, strlen(path), NULL);
    if (fd >= 0 && !is_new && (flags & O_TRUNC) != 0)
        note(TRUNCATE, fd, 0, NULL, 0, NULL);
    unlock();
    return fd;
}

int open64(const char *path, int flags, ...) {
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return open_noted(path, flags, mode);
}

int open(const char *path, int flags, ...) __attribute__((alias("open64")));

/* Which error a change to this file meets now; 0: none. */
static int error_of_change(void) {
    char how = failing();
    return how == 'F' ? ENOSPC : how == 'E' ? EIO : how == 'R' ? EROFS : 0;
}

ssize_t write(int fd, const void *bytes, size_t len) {
    char path[4096];
    if (!path_of(fd, path))
        return disk.write(fd, bytes, len);
    int error = error_of_change();
    if (error != 0)
        return fail(error);
    lock();
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = disk.write(fd, bytes, len);
    if (done > 0)
        note(WRITE, fd, at, bytes, (size_t)done, NULL);
    die_if('T', path, "/history/staged/");
    unlock();
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t at) {
    char path[4096];
    if (!path_of(fd, path))
        return disk.pwrite(fd, bytes, len, at);
    int error = error_of_change();
    if (error != 0)
        return fail(error);
    lock();
    ssize_t done = disk.pwrite(fd, bytes, len, at);
    if (done > 0)
        note(WRITE, fd, at, bytes, (size_t)done, NULL);
    unlock();
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) __attribute__((alias("pwrite64")));

ssize_t pread64(int fd, void *bytes, size_t len, off_t at) {
    char path[4096];
    if (disk.control != NULL && failing() == 'E' && path_of(fd, path))
        return fail(EIO);
    return disk.pread(fd, bytes, len, at);
}

int ftruncate64(int fd, off_t size) {
    char path[4096];
    if (!path_of(fd, path))
        return disk.ftruncate(fd, size);
    int error = error_of_change();
    if (error != 0)
        return fail(error);
    lock();
    int result = disk.ftruncate(fd, size);
    if (result == 0)
        note(TRUNCATE, fd, size, NULL, 0, NULL);
    unlock();
    return result;
}

int rename(const char *from, const char *to) {
    if (!is_ours(from))
        return disk.rename(from, to);
    lock();
    int result = disk.rename(from, to);
    if (result == 0)
        note(RENAME, -1, 0, from, strlen(from), to);
    die_if('K', to, ".parquet");
    unlock();
    return result;
}

int link(const char *from, const char *to) {
    if (!is_ours(from))
        return disk.link(from, to);
    lock();
    int result = disk.link(from, to);
    if (result == 0)
        note(LINK, -1, 0, from, strlen(from), to);
    unlock();
    return result;
}

int unlink(const char *path) {
    if (!is_ours(path))
        return disk.unlink(path);
    lock();
    int result = disk.unlink(path);
    if (result == 0)
        note(UNLINK, -1, 0, path, strlen(path), NULL);
    unlock();
    return result;
}

int mkdir(const char *path, mode_t mode) {
    if (is_ours(path) && failing() == 'R')
        return fail(EROFS);
    if (!is_ours(path))
        return disk.mkdir(path, mode);
    lock();
    int result = disk.mkdir(path, mode);
    if (result == 0)
        note(MAKE_FOLDER, -1, 0, path, strlen(path), NULL);
    unlock();
    return result;
}

static int sync_noted(int fd, int (*sync)(int), int syncs_all) {
    char path[4096];
    struct stat status = { 0 };
    const struct timespec pause = { 0, 20000000 };
    if (!path_of(fd, path))
        return sync(fd);
    while (failing() == 'S')
        (void)nanosleep(&pause, NULL);
    lock();
    int result = sync(fd);
    (void)fstat(fd, &status);
    if (result == 0)
        note(syncs_all ? SYNC_ALL : S_ISDIR(status.st_mode) ? SYNC_FOLDER : SYNC, fd, 0, path, strlen(path), NULL);
    unlock();
    return result;
}

int fsync(int fd) {
    return sync_noted(fd, disk.fsync, 0);
}

int fdatasync(int fd) {
    return sync_noted(fd, disk.fdatasync, 0);
}

int syncfs(int fd) {
    return sync_noted(fd, disk.syncfs, 1);
}
