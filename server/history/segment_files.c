/* segment_files.c - the bytes of segments in a folder. */
#include "server/history/segment_files.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { RANDOM_BYTES = 16, WRITE_BYTES = 1 << 20 };

struct segment_files {
    struct arena *arena;
    const char *folder;
};

struct segment_file {
    struct arena *arena;
    struct str name;
    const char *path, *temporary;
    int fd;
    bool is_published;
    struct buf pending;
    uint64_t size_bytes;
};

enum err_code segment_files_create(struct segment_files **out, const char *folder, struct err *err) {
    TRY(file_make_folders(folder, 0700, err));
    struct arena *arena = arena_create();
    struct segment_files *files = ARENA_NEW(arena, struct segment_files);
    files->arena = arena;
    files->folder = arena_copy_c(arena, str_from_c(folder));
    *out = files;
    return OK;
}

void segment_files_destroy(struct segment_files *files) {
    if (files != NULL)
        arena_destroy(files->arena);
}

static const char *run_folder(const struct segment_files *files, int64_t run, struct arena *arena) {
    return file_join(arena, files->folder, arena_printf(arena, "%lld", (long long)run).ptr);
}

enum err_code segment_file_create(struct segment_file **out, struct segment_files *files, int64_t run, struct err *err) {
    struct arena *arena = arena_create();
    struct segment_file *file = ARENA_NEW(arena, struct segment_file);
    unsigned char random[RANDOM_BYTES];

    hash_random(random, sizeof(random));
    struct str hex = hash_hex(random, sizeof(random), arena);
    file->arena = arena;
    file->fd = -1;
    buf_init(&file->pending, 2 * WRITE_BYTES);
    file->name = arena_printf(arena, "%lld/%.*s.parquet", (long long)run, STR_ARG(hex));
    file->path = file_join(arena, files->folder, file->name.ptr);
    file->temporary = arena_printf(arena, "%s.tmp", file->path).ptr;
    enum err_code code = file_make_folders(run_folder(files, run, arena), 0700, err);
    if (code == OK)
        code = file_open(&file->fd, file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600, err);
    if (code == OK)
        *out = file;
    else
        segment_file_destroy(file);
    return code;
}

static enum err_code write_pending(struct segment_file *file, struct err *err) {
    TRY(file_write_all(file->fd, buf_str(&file->pending), file->temporary, err));
    buf_reset(&file->pending);
    return OK;
}

enum err_code segment_file_append(struct segment_file *file, struct str bytes, struct err *err) {
    file->size_bytes += bytes.len;
    if (file->pending.len + bytes.len > WRITE_BYTES)
        TRY(write_pending(file, err));
    if (bytes.len > WRITE_BYTES)
        return file_write_all(file->fd, bytes, file->temporary, err);
    buf_append_str(&file->pending, bytes);
    return buf_check(&file->pending, "a segment's buffer", err);
}

uint64_t segment_file_size(const struct segment_file *file) {
    return file->size_bytes;
}

struct str segment_file_name(const struct segment_file *file) {
    return file->name;
}

enum err_code segment_file_publish(struct segment_file *file, struct err *err) {
    TRY(write_pending(file, err));
    TRY(file_publish(file->fd, file->temporary, file->path, err));
    file->is_published = true;
    return OK;
}

void segment_file_destroy(struct segment_file *file) {
    struct err err = { 0 };

    if (file == NULL)
        return;
    if (file->fd >= 0)
        (void)close(file->fd);
    if (file->fd >= 0 && !file->is_published && file_remove(file->temporary, &err) != OK)
        log_warn("a temporary segment stays behind: %s", err.message);
    buf_finish(&file->pending);
    arena_destroy(file->arena);
}

enum err_code segment_files_open(struct segment_files *files, struct str name, int *fd, struct err *err) {
    struct arena *arena = arena_create();
    enum err_code code;

    if (!file_is_safe_path(name))
        code = err_set(err, ERR_NOT_FOUND, "there is no segment of that name");
    else
        code = file_open(fd, file_join(arena, files->folder, arena_copy_c(arena, name)), O_RDONLY | O_CLOEXEC, 0, err);
    arena_destroy(arena);
    return code;
}

enum err_code segment_files_read(struct segment_files *files, struct str name, uint64_t offset, size_t size, void *out,
                                 struct err *err) {
    char shown[256];
    int fd;

    TRY(segment_files_open(files, name, &fd, err));
    (void)snprintf(shown, sizeof(shown), "%.*s", STR_ARG(name));
    enum err_code code = file_read_at(fd, out, size, offset, shown, err);
    (void)close(fd);
    return code;
}

enum err_code segment_files_remove(struct segment_files *files, struct str name, struct err *err) {
    struct arena *arena = arena_create();
    enum err_code code = OK;

    if (file_is_safe_path(name))
        code = file_remove(file_join(arena, files->folder, arena_copy_c(arena, name)), err);
    arena_destroy(arena);
    return code;
}

/* ---- listing ---- */

typedef void take_name(void *context, struct str name);

/* A folder that is gone has no names. */
static enum err_code read_folder(const char *path, take_name *take, void *context, struct err *err) {
    DIR *folder = opendir(path);
    const struct dirent *entry;

    if (folder == NULL)
        return errno == ENOENT ? OK : err_set_errno(err, errno, "cannot read the folder '%s'", path);
    for (errno = 0; (entry = readdir(folder)) != NULL; errno = 0)
        take(context, str_from_c(entry->d_name));
    int number = errno;
    (void)closedir(folder);
    return number == 0 ? OK : err_set_errno(err, number, "cannot read the folder '%s'", path);
}

struct run_list {
    int64_t *runs;
    size_t count, room;
    struct arena *arena;
};

static void take_run(void *context, struct str name) {
    struct run_list *list = context;
    int64_t run;

    if (!str_to_i64(name, &run))
        return;
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 64 : list->room * 2;
        list->runs = arena_grow(list->arena, list->runs, list->room, room, sizeof(*list->runs));
        list->room = room;
    }
    list->runs[list->count++] = run;
}

enum err_code segment_files_list_runs(struct segment_files *files, int64_t **runs, size_t *count, struct arena *arena,
                                      struct err *err) {
    struct run_list list = { .arena = arena };

    TRY(read_folder(files->folder, take_run, &list, err));
    *runs = list.runs;
    *count = list.count;
    return OK;
}

struct name_list {
    struct str *names;
    size_t count, room;
    int64_t run;
    struct arena *arena;
};

static bool is_our_name(struct str name) {
    size_t digits = 0;

    while (digits < name.len && strchr("0123456789abcdef", name.ptr[digits]) != NULL)
        digits++;
    struct str rest = str_from(name, digits);
    return digits == 2 * RANDOM_BYTES && (str_eq_c(rest, ".parquet") || str_eq_c(rest, ".parquet.tmp"));
}

static void take_file(void *context, struct str name) {
    struct name_list *list = context;

    if (!is_our_name(name))
        return;
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 64 : list->room * 2;
        list->names = arena_grow(list->arena, list->names, list->room, room, sizeof(*list->names));
        list->room = room;
    }
    list->names[list->count++] = arena_printf(list->arena, "%lld/%.*s", (long long)list->run, STR_ARG(name));
}

enum err_code segment_files_list(struct segment_files *files, int64_t run, struct str **names, size_t *count,
                                 struct arena *arena, struct err *err) {
    struct name_list list = { .run = run, .arena = arena };

    TRY(read_folder(run_folder(files, run, arena), take_file, &list, err));
    *names = list.names;
    *count = list.count;
    return OK;
}

/* False as well when it is not there any more. */
static bool is_older(const char *path, int64_t before_ms) {
    struct stat status;
    return lstat(path, &status) == 0 && (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000 < before_ms;
}

enum err_code segment_files_remove_old(struct segment_files *files, struct str name, int64_t before_ms, bool *is_removed,
                                       struct err *err) {
    struct arena *arena = arena_create();
    const char *path = file_join(arena, files->folder, arena_copy_c(arena, name));
    enum err_code code = OK;

    *is_removed = is_older(path, before_ms);
    if (*is_removed)
        code = file_remove(path, err);
    arena_destroy(arena);
    return code;
}

enum err_code segment_files_remove_empty(struct segment_files *files, int64_t run, int64_t before_ms, struct err *err) {
    struct arena *arena = arena_create();
    const char *path = run_folder(files, run, arena);
    enum err_code code = OK;

    if (is_older(path, before_ms) && rmdir(path) != 0 && errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT)
        code = err_set_errno(err, errno, "cannot remove the folder '%s'", path);
    arena_destroy(arena);
    return code;
}
