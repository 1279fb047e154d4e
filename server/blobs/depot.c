/* depot.c - see depot.h. FOLDER/staged/RANDOM for what is arriving, FOLDER/NAME for what is whole. */
#include "server/blobs/depot.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "server/blobs/s3.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FOLDER_MODE = 0700,
    FILE_MODE = 0600,
    STAGED_NAME_BYTES = 16,
    TOUCH_AFTER_S = 60,
    SMALL_PART_BYTES = 256 * 1024,
    UPLOAD_AGE_MS = 48 * 3600 * 1000,
    TOGETHER_FROM = 4, /* fewer are synced one by one sooner than with all that is written beside them */
};

#define STAGED "staged"

struct depot {
    char *folder;
    struct s3 *bucket;
    char *key_prefix;
    pthread_rwlock_t removals; /* held for reading by each removal; guards holders */
    int holders;
};

static enum err_code remove_staged(const char *staged, const char *kept, struct arena *arena, struct err *err) {
    DIR *folder = opendir(staged);
    enum err_code code = OK;
    struct dirent *entry;
    if (folder == NULL)
        return errno == ENOENT ? OK : err_set_errno(err, errno, "cannot read the folder '%s'", staged);
    while (code == OK && (entry = readdir(folder)) != NULL) {
        const char *path = file_join(arena, staged, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && strcmp(path, kept) != 0)
            code = file_remove_tree(path, err);
    }
    (void)closedir(folder);
    return code;
}

enum err_code depot_open(struct depot **out, const char *folder, struct s3 *bucket, struct str key_prefix, struct err *err) {
    struct arena *arena = arena_create();
    const char *staged = file_join(arena, folder, STAGED);
    enum err_code code = remove_staged(staged, file_join(arena, folder, DEPOT_KEPT), arena, err);
    if (code == OK)
        code = file_make_folders(staged, FOLDER_MODE, err);
    arena_destroy(arena);
    if (code != OK)
        return code;
    struct depot *depot = calloc(1, sizeof *depot);
    if (depot == NULL || (depot->folder = strdup(folder)) == NULL ||
        (depot->key_prefix = strndup(key_prefix.ptr, key_prefix.len)) == NULL)
        log_fatal("out of memory: cannot open the folder '%s'", folder);
    depot->bucket = bucket;
    (void)pthread_rwlock_init(&depot->removals, NULL);
    *out = depot;
    return OK;
}

void depot_close(struct depot *depot) {
    if (depot == NULL)
        return;
    (void)pthread_rwlock_destroy(&depot->removals);
    free(depot->folder);
    free(depot->key_prefix);
    free(depot);
}

const char *depot_folder(const struct depot *depot) {
    return depot->folder;
}

bool depot_is_remote(const struct depot *depot) {
    return depot->bucket != NULL;
}

struct s3 *depot_bucket(const struct depot *depot) {
    return depot->bucket;
}

static char *path_of(const struct depot *depot, struct str name, struct arena *arena) {
    return file_join(arena, depot->folder, arena_copy_c(arena, name));
}

static struct str key_of(const struct depot *depot, struct str name, struct arena *arena) {
    return arena_printf(arena, "%s%.*s", depot->key_prefix, STR_ARG(name));
}

static enum err_code check_name(struct str name, struct err *err) {
    if (file_is_safe_path(name) && memchr(name.ptr, '/', name.len) != NULL && !str_starts_with(name, STR(STAGED "/")))
        return OK;
    return err_set(err, ERR_NOT_FOUND, "there is no file of that name");
}

/* ---- writing ---- */

enum err_code depot_stage(struct depot *depot, int *fd, char **path, struct arena *arena, struct err *err) {
    unsigned char random[STAGED_NAME_BYTES];
    hash_random(random, sizeof random);
    struct str hex = hash_hex(random, sizeof random, arena);
    *path = file_join(arena, depot->folder, arena_printf(arena, STAGED "/%.*s", STR_ARG(hex)).ptr);
    return file_open(fd, *path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE, err);
}

/* The folders above a new file must themselves survive a power cut, so each parent is synced when it got one. */
static enum err_code make_folder_of(const struct depot *depot, const char *path, struct arena *arena, struct err *err) {
    char *folder = arena_copy_c(arena, str_from_c(path));
    *strrchr(folder, '/') = '\0';
    if (file_exists(folder))
        return OK;
    TRY(file_make_folders(folder, FOLDER_MODE, err));
    for (char *end = strrchr(folder, '/'); end != NULL && (size_t)(end - folder) >= strlen(depot->folder); end = strrchr(folder, '/')) {
        *end = '\0';
        file_sync_folder(folder);
    }
    return OK;
}

static enum err_code publish_here(struct depot *depot, int fd, const char *staged, struct str name, struct arena *arena,
                                  struct err *err) {
    const char *path = path_of(depot, name, arena);
    TRY(make_folder_of(depot, path, arena, err));
    return file_publish(fd, staged, path, err);
}

/* What is in the bucket by now. The copy here may as well be lost. */
static void keep_here(struct depot *depot, const char *staged, struct str name, struct arena *arena) {
    const char *path = path_of(depot, name, arena);
    struct err ignored = { 0 };
    if (make_folder_of(depot, path, arena, &ignored) != OK || rename(staged, path) != 0)
        (void)unlink(staged);
}

/* In the bucket first: what is only here is not published. */
static enum err_code publish_there(struct depot *depot, int fd, const char *staged, struct str name, struct arena *arena,
                                   struct err *err) {
    uint64_t size;
    TRY(file_size(&size, staged, err));
    TRY(s3_put_file(depot->bucket, key_of(depot, name, arena), fd, size, err));
    keep_here(depot, staged, name, arena);
    return OK;
}

enum err_code depot_publish_copy(struct depot *depot, struct str key, struct str sha256, const char *path, struct str name,
                                 struct err *err) {
    TRY(check_name(name, err));
    struct arena *arena = arena_create();
    enum err_code code = s3_copy(depot->bucket, key, key_of(depot, name, arena), sha256, err);
    if (code == OK && path != NULL)
        keep_here(depot, path, name, arena);
    arena_destroy(arena);
    return code;
}

enum err_code depot_publish(struct depot *depot, int fd, const char *path, struct str name, struct err *err) {
    TRY(check_name(name, err));
    struct arena *arena = arena_create();
    enum err_code code = depot->bucket == NULL ? publish_here(depot, fd, path, name, arena, err)
                                               : publish_there(depot, fd, path, name, arena, err);
    arena_destroy(arena);
    return code;
}

/* A blob that is there already is of the same bytes. */
static enum err_code link_here(struct depot *depot, const char *staged, struct str name, struct arena *arena, struct err *err) {
    char *path = path_of(depot, name, arena);
    TRY(make_folder_of(depot, path, arena, err));
    if (file_calls.link(staged, path) != 0 && errno != EEXIST) {
        bool has_links = errno != EPERM && errno != EOPNOTSUPP && errno != EMLINK;
        if (has_links)
            return err_set_errno(err, errno, "cannot give '%s' its name", staged);
        TRY(file_rename(staged, path, err));
    }
    *strrchr(path, '/') = '\0';
    file_sync_folder(path);
    return OK;
}

enum err_code depot_publish_linked(struct depot *depot, const char *path, struct str name, struct err *err) {
    assert(depot->bucket == NULL);
    TRY(check_name(name, err));
    struct arena *arena = arena_create();
    enum err_code code = link_here(depot, path, name, arena, err);
    arena_destroy(arena);
    return code;
}

static enum err_code take_name(struct depot *depot, const char *staged, struct str name, struct arena *arena, struct err *err) {
    TRY(check_name(name, err));
    const char *path = path_of(depot, name, arena);
    enum err_code code = file_rename(staged, path, err);
    if (code != ERR_NOT_FOUND)
        return code;
    TRY(make_folder_of(depot, path, arena, err)); /* one for each 256th of all files: it is nearly always there */
    return file_rename(staged, path, err);
}

void depot_publish_all(struct depot *depot, struct depot_arrival *const *arrivals, size_t count) {
    bool is_synced = depot->bucket == NULL && count >= TOGETHER_FROM && file_sync_all(depot->folder);
    if (!is_synced) {
        for (size_t i = 0; i < count; i++)
            arrivals[i]->code = depot_publish(depot, arrivals[i]->fd, arrivals[i]->path, arrivals[i]->name, &arrivals[i]->err);
        return;
    }
    /* The bytes before their names: another blob may already have the name and must not become less than it was. */
    struct arena *arena = arena_create();
    for (size_t i = 0; i < count; i++)
        arrivals[i]->code = take_name(depot, arrivals[i]->path, arrivals[i]->name, arena, &arrivals[i]->err);
    (void)file_sync_all(depot->folder);
    arena_destroy(arena);
}

void depot_hold(struct depot *depot) {
    (void)pthread_rwlock_wrlock(&depot->removals);
    depot->holders++;
    (void)pthread_rwlock_unlock(&depot->removals);
}

void depot_let_go(struct depot *depot) {
    (void)pthread_rwlock_wrlock(&depot->removals);
    depot->holders--;
    (void)pthread_rwlock_unlock(&depot->removals);
}

enum err_code depot_remove(struct depot *depot, struct str name, struct err *err) {
    TRY(check_name(name, err));
    struct arena *arena = arena_create();
    enum err_code code = OK;
    (void)pthread_rwlock_rdlock(&depot->removals);
    if (depot->holders > 0)
        code = err_set(err, ERR_BUSY, "a backup is being taken; files stay until it is done");
    if (code == OK && depot->bucket != NULL)
        code = s3_remove(depot->bucket, key_of(depot, name, arena), err);
    if (code == OK)
        code = file_remove(path_of(depot, name, arena), err);
    (void)pthread_rwlock_unlock(&depot->removals);
    arena_destroy(arena);
    return code;
}

/* ---- reading ---- */

/* So that depot_trim sees what is in use. */
static void touch(int fd) {
    struct stat facts;
    if (fstat(fd, &facts) == 0 && facts.st_mtime + TOUCH_AFTER_S < clock_wall_ms() / 1000)
        (void)futimens(fd, NULL);
}

/* Blobs are named by their digest, "ab/cdef...". Empty for other names. */
static struct str digest_in(struct str name, struct arena *arena) {
    struct str first, rest;
    unsigned char digest[SHA256_BYTES];
    if (name.len != 2 * SHA256_BYTES + 1 || !str_cut(name, '/', &first, &rest) || first.len != 2)
        return STR_EMPTY;
    struct str hex = arena_printf(arena, "%.*s%.*s", STR_ARG(first), STR_ARG(rest));
    return hash_from_hex(hex, digest, sizeof digest) ? hex : STR_EMPTY;
}

static enum err_code fetch(struct depot *depot, struct str name, int *fd, struct arena *arena, struct err *err) {
    char *staged;
    const char *path = path_of(depot, name, arena);
    uint64_t size;
    struct err ignored = { 0 };

    TRY(depot_stage(depot, fd, &staged, arena, err));
    enum err_code code = s3_fetch(depot->bucket, key_of(depot, name, arena), digest_in(name, arena), *fd, &size, err);
    if (code != OK) {
        (void)unlink(staged);
        (void)close(*fd);
        *fd = -1;
        return code;
    }
    if (make_folder_of(depot, path, arena, &ignored) != OK || rename(staged, path) != 0)
        (void)unlink(staged); /* still readable through fd */
    return lseek(*fd, 0, SEEK_SET) == 0 ? OK : err_set_errno(err, errno, "cannot read what was fetched");
}

enum err_code depot_read(struct depot *depot, struct str name, int *fd, struct err *err) {
    TRY(check_name(name, err));
    struct arena *arena = arena_create();
    enum err_code code = file_open(fd, path_of(depot, name, arena), O_RDONLY | O_CLOEXEC, 0, err);
    if (depot->bucket != NULL) {
        if (code == OK)
            touch(*fd);
        else
            code = fetch(depot, name, fd, arena, err);
    }
    arena_destroy(arena);
    return code;
}

bool depot_is_far(const struct depot *depot, struct str name) {
    struct arena *arena = arena_create();
    bool is_far = depot->bucket != NULL && !file_exists(path_of(depot, name, arena));
    arena_destroy(arena);
    return is_far;
}

enum err_code depot_read_part(struct depot *depot, struct str name, uint64_t offset, size_t size, void *out, struct err *err) {
    struct arena *arena = arena_create();
    const char *path = path_of(depot, name, arena);
    enum err_code code = check_name(name, err);
    int fd;

    if (code == OK && depot->bucket != NULL && size <= SMALL_PART_BYTES && !file_exists(path)) {
        code = s3_read(depot->bucket, key_of(depot, name, arena), offset, size, out, err);
    } else if (code == OK && (code = depot_read(depot, name, &fd, err)) == OK) {
        code = file_read_at(fd, out, size, offset, path, err);
        (void)close(fd);
    }
    arena_destroy(arena);
    return code;
}

enum err_code depot_size(struct depot *depot, struct str name, uint64_t *size_bytes, struct err *err) {
    TRY(check_name(name, err));
    struct arena *arena = arena_create();
    enum err_code code = depot->bucket != NULL ? s3_size(depot->bucket, key_of(depot, name, arena), size_bytes, err)
                                               : file_size(size_bytes, path_of(depot, name, arena), err);
    arena_destroy(arena);
    return code;
}

enum err_code depot_link(struct depot *depot, struct str name, int64_t expires_s, struct str disposition, struct str *url,
                         struct arena *arena, struct err *err) {
    TRY(check_name(name, err));
    *url = (struct str){ NULL, 0 };
    if (depot->bucket == NULL || !s3_is_direct(depot->bucket) || file_exists(path_of(depot, name, arena)))
        return OK;
    return s3_link(depot->bucket, STR("GET"), key_of(depot, name, arena), expires_s, disposition, url, arena, err);
}

/* ---- all of them ---- */

static int64_t modified_ms(const struct stat *facts) {
    return facts->st_mtim.tv_sec * INT64_C(1000) + facts->st_mtim.tv_nsec / 1000000;
}

/* Visits the folder's files, staged ones left out. */
typedef enum err_code visit_file(void *context, const FTSENT *entry, struct str name, struct err *err);

static enum err_code walk(const struct depot *depot, visit_file *visit, void *context, struct err *err) {
    char *const roots[] = { depot->folder, NULL };
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    size_t root_len = strlen(depot->folder);
    enum err_code code = OK;
    FTSENT *entry;

    if (tree == NULL)
        return err_set_errno(err, errno, "cannot read the folder '%s'", depot->folder);
    while (code == OK && (entry = fts_read(tree)) != NULL) {
        if (entry->fts_info == FTS_D && entry->fts_level == 1 && strcmp(entry->fts_name, STAGED) == 0)
            (void)fts_set(tree, entry, FTS_SKIP);
        else if (entry->fts_info == FTS_F)
            code = visit(context, entry, str_from_c(entry->fts_path + root_len + 1), err);
    }
    (void)fts_close(tree);
    return code;
}

struct listing {
    struct str begins_with;
    depot_visit *visit;
    void *context;
};

static enum err_code list_file(void *context, const FTSENT *entry, struct str name, struct err *err) {
    struct listing *listing = context;
    if (!str_starts_with(name, listing->begins_with))
        return OK;
    return listing->visit(listing->context, name, modified_ms(entry->fts_statp), err);
}

struct remote_listing {
    const struct depot *depot;
    struct listing listing;
};

static enum err_code list_object(void *context, struct str key, uint64_t size, int64_t written_ms, struct err *err) {
    struct remote_listing *remote = context;
    (void)size;
    return remote->listing.visit(remote->listing.context, str_from(key, strlen(remote->depot->key_prefix)), written_ms, err);
}

enum err_code depot_list(struct depot *depot, struct str begins_with, depot_visit *visit, void *context, struct err *err) {
    struct listing listing = { begins_with, visit, context };
    struct remote_listing remote = { depot, listing };

    if (depot->bucket == NULL)
        return walk(depot, list_file, &listing, err);
    struct arena *arena = arena_create();
    enum err_code code = s3_list(depot->bucket, key_of(depot, begins_with, arena), list_object, &remote, err);
    arena_destroy(arena);
    return code;
}

void depot_remove_empty_folders(struct depot *depot, int64_t before_ms) {
    char *const roots[] = { depot->folder, NULL };
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    FTSENT *entry;

    while (tree != NULL && (entry = fts_read(tree)) != NULL)
        if (entry->fts_info == FTS_DP && entry->fts_level > 0 && strcmp(entry->fts_name, STAGED) != 0 &&
            modified_ms(entry->fts_statp) < before_ms)
            (void)rmdir(entry->fts_accpath); /* one with something in it stays */
    if (tree != NULL)
        (void)fts_close(tree);
}

/* ---- trimming ---- */

struct cached {
    char *path;
    uint64_t size_bytes;
    int64_t used_s;
};

struct trimming {
    struct arena *arena;
    struct cached *files;
    size_t count, room;
    uint64_t total_bytes;
};

static enum err_code note_file(void *context, const FTSENT *entry, struct str name, struct err *err) {
    struct trimming *trimming = context;
    (void)name;
    (void)err;
    if (trimming->count == trimming->room) {
        size_t room = trimming->room == 0 ? 256 : trimming->room * 2;
        trimming->files = arena_grow(trimming->arena, trimming->files, trimming->room, room, sizeof *trimming->files);
        trimming->room = room;
    }
    trimming->files[trimming->count++] = (struct cached){ arena_copy_c(trimming->arena, str_from_c(entry->fts_path)),
                                                          (uint64_t)entry->fts_statp->st_size, entry->fts_statp->st_mtime };
    trimming->total_bytes += (uint64_t)entry->fts_statp->st_size;
    return OK;
}

static int compare_use(const void *a, const void *b) {
    int64_t x = ((const struct cached *)a)->used_s, y = ((const struct cached *)b)->used_s;
    return (x > y) - (x < y);
}

static void trim(struct depot *depot, uint64_t max_bytes) {
    struct trimming trimming = { .arena = arena_create() };
    struct err err = { 0 };

    if (walk(depot, note_file, &trimming, &err) == OK && trimming.total_bytes > max_bytes) {
        qsort(trimming.files, trimming.count, sizeof *trimming.files, compare_use);
        for (size_t i = 0; i < trimming.count && trimming.total_bytes > max_bytes; i++)
            if (unlink(trimming.files[i].path) == 0)
                trimming.total_bytes -= trimming.files[i].size_bytes;
    }
    arena_destroy(trimming.arena);
}

void depot_tidy(struct depot *depot, uint64_t max_bytes) {
    struct err err = { 0 };
    int64_t count = 0;

    if (depot->bucket != NULL) {
        trim(depot, max_bytes);
        if (s3_abort_uploads(depot->bucket, str_from_c(depot->key_prefix), UPLOAD_AGE_MS, &count, &err) != OK)
            log_warn("cannot look for uploads that were cut off: %s", err.message);
    }
    if (count > 0)
        log_info("aborted %lld uploads to the bucket that were cut off", (long long)count);
}
