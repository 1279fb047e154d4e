/* file.c - see file.h. */
#include "base/file.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <unistd.h>

enum { SAFE_PATH_MAX = 1024, SAFE_PART_MAX = 255, WALK_OPEN_FOLDERS = 32 };

static int call_open(const char *path, int flags, mode_t mode) {
    return open(path, flags, mode);
}

struct file_calls file_calls = {
    .open = call_open,
    .write = write,
    .pread = pread,
    .fsync = fsync,
    .syncfs = os_sync_file_system,
    .rename = rename,
    .link = link,
    .unlink = unlink,
};

static int open_uninterrupted(const char *path, int flags, mode_t mode) {
    int fd;
    do
        fd = file_calls.open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

enum err_code file_open(int *fd, const char *path, int flags, mode_t mode, struct err *err) {
    int opened = open_uninterrupted(path, flags, mode);
    if (opened < 0)
        return err_set_errno(err, errno, "cannot open '%s'", path);
    *fd = opened;
    return OK;
}

enum err_code file_write_all(int fd, struct str bytes, const char *path, struct err *err) {
    while (bytes.len > 0) {
        ssize_t written = file_calls.write(fd, bytes.ptr, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return err_set_errno(err, errno, "cannot write '%s'", path);
        if (written == 0)
            return err_set(err, ERR_IO, "cannot write '%s': the system takes no more bytes", path);
        bytes = str_from(bytes, (size_t)written);
    }
    return OK;
}

/* Reads until room is full or the file ends, and answers how much that was. */
static enum err_code read_some(int fd, char *out, size_t room, uint64_t offset, size_t *got, const char *path,
                               struct err *err) {
    *got = 0;
    while (*got < room) {
        ssize_t n = file_calls.pread(fd, out + *got, room - *got, (off_t)(offset + *got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(err, errno, "cannot read '%s'", path);
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return OK;
}

enum err_code file_read_at(int fd, void *out, size_t len, uint64_t offset, const char *path, struct err *err) {
    size_t got;
    uint64_t end;
    if (__builtin_add_overflow(offset, len, &end) || end > INT64_MAX)
        return err_set(err, ERR_CORRUPT, "cannot read '%s': no file reaches byte %llu", path,
                       (unsigned long long)offset);
    TRY(read_some(fd, out, len, offset, &got, path, err));
    if (got < len)
        return err_set(err, ERR_CORRUPT, "'%s' ends at byte %llu, %zu bytes early", path,
                       (unsigned long long)(offset + got), len - got);
    return OK;
}

/* The size that stat tells is only a hint: files of /proc say 0, and a file may grow meanwhile. */
static enum err_code read_to_end(struct str *out, int fd, const char *path, size_t max_bytes, struct arena *arena,
                                 struct err *err) {
    struct stat status;
    size_t len = 0, got;

    if (fstat(fd, &status) != 0)
        return err_set_errno(err, errno, "cannot read '%s'", path);
    if ((uint64_t)status.st_size > max_bytes)
        return err_set(err, ERR_TOO_LARGE, "'%s' is larger than %zu bytes", path, max_bytes);
    size_t room = (size_t)status.st_size + 1;
    char *bytes = arena_alloc(arena, room);
    for (;;) {
        TRY(read_some(fd, bytes + len, room - len, len, &got, path, err));
        len += got;
        if (len > max_bytes)
            return err_set(err, ERR_TOO_LARGE, "'%s' is larger than %zu bytes", path, max_bytes);
        if (len < room)
            break;
        bytes = arena_grow(arena, bytes, len, room * 2, 1);
        room *= 2;
    }
    bytes[len] = '\0';
    *out = (struct str){ bytes, len };
    return OK;
}

enum err_code file_read_all(struct str *out, const char *path, size_t max_bytes, struct arena *arena, struct err *err) {
    int fd = -1;
    TRY(file_open(&fd, path, O_RDONLY, 0, err));
    enum err_code code = read_to_end(out, fd, path, max_bytes, arena, err);
    (void)close(fd);
    return code;
}

enum err_code file_size(uint64_t *out, const char *path, struct err *err) {
    struct stat status;
    if (stat(path, &status) != 0)
        return err_set_errno(err, errno, "cannot look at '%s'", path);
    *out = (uint64_t)status.st_size;
    return OK;
}

bool file_exists(const char *path) {
    struct stat status;
    return stat(path, &status) == 0;
}

static int sync_uninterrupted(int (*sync)(int fd), int fd) {
    int result;
    do
        result = sync(fd);
    while (result != 0 && errno == EINTR);
    return result;
}

void file_sync(int fd, const char *path) {
    if (sync_uninterrupted(file_calls.fsync, fd) != 0)
        log_fatal("cannot sync '%s': %s", path, os_error_text(errno));
}

static int open_to_sync(const char *folder) {
    int fd = open_uninterrupted(folder, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        log_fatal("cannot open folder '%s' to sync it: %s", folder, os_error_text(errno));
    return fd;
}

void file_sync_folder(const char *path) {
    int fd = open_to_sync(path);
    /* Some network file systems have no such call for folders, and answer EINVAL; there is nothing to lose then. */
    if (sync_uninterrupted(file_calls.fsync, fd) != 0 && errno != EINVAL)
        log_fatal("cannot sync folder '%s': %s", path, os_error_text(errno));
    (void)close(fd);
}

bool file_sync_all(const char *folder) {
    if (!os_can_sync_file_system())
        return false;
    int fd = open_to_sync(folder);
    if (sync_uninterrupted(file_calls.syncfs, fd) != 0)
        log_fatal("cannot sync the file system of '%s': %s", folder, os_error_text(errno));
    (void)close(fd);
    return true;
}

/* The folder that path lies in: "." and "/" included. False when it is too long for the system. */
static bool folder_of(char out[PATH_MAX], const char *path) {
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    if (len >= PATH_MAX)
        return false;
    if (slash == NULL)
        out[len++] = '.';
    else if (len == 0)
        out[len++] = '/';
    else
        memcpy(out, path, len);
    out[len] = '\0';
    return true;
}

enum err_code file_rename(const char *from, const char *to, struct err *err) {
    return file_calls.rename(from, to) == 0 ? OK : err_set_errno(err, errno, "cannot rename '%s' to '%s'", from, to);
}

enum err_code file_publish(int fd, const char *temporary, const char *path, struct err *err) {
    char folder[PATH_MAX];

    if (!folder_of(folder, path))
        return err_set(err, ERR_IO, "cannot name a file '%s': longer than %d bytes", path, PATH_MAX);
    file_sync(fd, temporary);
    TRY(file_rename(temporary, path, err));
    file_sync_folder(folder);
    return OK;
}

enum err_code file_replace(const char *path, struct str bytes, mode_t mode, struct err *err) {
    char temporary[PATH_MAX];
    uint64_t number;
    int fd = -1;

    hash_random(&number, sizeof number);
    int len = snprintf(temporary, sizeof temporary, "%s.%016llx.tmp", path, (unsigned long long)number);
    if (len < 0 || (size_t)len >= sizeof temporary)
        return err_set(err, ERR_IO, "cannot name a file '%s': longer than %d bytes", path, PATH_MAX);
    TRY(file_open(&fd, temporary, O_WRONLY | O_CREAT | O_EXCL, mode, err));
    enum err_code code = file_write_all(fd, bytes, temporary, err);
    if (code == OK)
        code = file_publish(fd, temporary, path, err);
    (void)close(fd);
    if (code != OK)
        (void)file_calls.unlink(temporary);
    return code;
}

static enum err_code make_folder(const char *path, mode_t mode, struct err *err) {
    char parent[PATH_MAX];
    struct stat status;

    if (mkdir(path, mode) == 0) {
        if (folder_of(parent, path))
            file_sync_folder(parent);
        return OK;
    }
    /* A folder may exist where making one is forbidden, and then mkdir need not say EEXIST. */
    int reason = errno;
    if (stat(path, &status) == 0)
        reason = S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
    return reason == 0 ? OK : err_set_errno(err, reason, "cannot make folder '%s'", path);
}

enum err_code file_make_folders(const char *path, mode_t mode, struct err *err) {
    char prefix[PATH_MAX];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof prefix)
        return err_set(err, ERR_IO, "cannot make folder '%s': its name is %s", path, len == 0 ? "empty" : "too long");
    while (len > 1 && path[len - 1] == '/')
        len--;
    for (size_t i = 0; i < len; i++) {
        prefix[i] = path[i];
        prefix[i + 1] = '\0';
        if (path[i] != '/' && (path[i + 1] == '/' || i + 1 == len))
            TRY(make_folder(prefix, mode, err));
    }
    return OK;
}

enum err_code file_remove(const char *path, struct err *err) {
    if (file_calls.unlink(path) != 0 && errno != ENOENT)
        return err_set_errno(err, errno, "cannot remove '%s'", path);
    return OK;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

enum err_code file_remove_tree(const char *path, struct err *err) {
    if (nftw(path, remove_entry, WALK_OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return err_set_errno(err, errno, "cannot remove '%s' and what is in it", path);
    return OK;
}

char *file_join(struct arena *arena, const char *folder, const char *name) {
    size_t len = strlen(folder);
    const char *separator = len > 0 && folder[len - 1] == '/' ? "" : "/";
    return (char *)arena_printf(arena, "%s%s%s", folder, separator, name).ptr;
}

static bool is_safe_part(struct str part) {
    if (part.len == 0 || part.len > SAFE_PART_MAX || str_eq_c(part, ".") || str_eq_c(part, ".."))
        return false;
    for (size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.ptr[i];
        if (c < 0x20 || c == 0x7F || c == '\\')
            return false;
    }
    return true;
}

bool file_is_safe_path(struct str path) {
    struct str part;
    bool has_more = true;

    if (path.len > SAFE_PATH_MAX)
        return false;
    while (has_more) {
        has_more = str_cut(path, '/', &part, &path);
        if (!is_safe_part(part))
            return false;
    }
    return true;
}
