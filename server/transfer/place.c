/* place.c - see place.h. */
#include "server/transfer/place.h"

#include "base/file.h"
#include "base/log.h"
#include "server/blobs/depot.h"
#include "server/blobs/s3.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 20 };

static const char *const trees[] = { "blobs", "history" };
enum { TREE_COUNT = sizeof trees / sizeof trees[0] };

struct place {
    char *folder; /* NULL: a bucket */
    struct s3 *bucket;
    struct depot *depots[TREE_COUNT]; /* of a folder that is written */
};

/* ---- opening and closing ---- */

static struct place *create(void) {
    struct place *place = calloc(1, sizeof *place);
    if (place == NULL)
        log_fatal("out of memory: cannot look at files");
    return place;
}

enum err_code place_open_folder(struct place **out, const char *folder, struct err *err) {
    if (!file_exists(folder))
        return err_set(err, ERR_NOT_FOUND, "there is no folder '%s'", folder);
    *out = create();
    if (((*out)->folder = strdup(folder)) == NULL)
        log_fatal("out of memory: cannot look at files");
    return OK;
}

enum err_code place_make_folder(struct place **out, const char *folder, struct err *err) {
    struct arena *arena = arena_create();
    struct place *place = NULL;
    enum err_code code = place_open_folder(&place, folder, err);
    for (size_t i = 0; code == OK && i < TREE_COUNT; i++)
        code = depot_open(&place->depots[i], file_join(arena, folder, trees[i]), NULL, STR_EMPTY, err);
    arena_destroy(arena);
    if (code == OK)
        *out = place;
    else
        place_close(place);
    return code;
}

enum err_code place_open_bucket(struct place **out, struct str url, struct err *err) {
    struct s3 *bucket;
    TRY(s3_open(&bucket, url, err));
    *out = create();
    (*out)->bucket = bucket;
    return OK;
}

void place_close(struct place *place) {
    if (place == NULL)
        return;
    for (size_t i = 0; i < TREE_COUNT; i++)
        depot_close(place->depots[i]);
    s3_close(place->bucket);
    free(place->folder);
    free(place);
}

/* ---- what there is ---- */

struct listing {
    struct arena *arena;
    struct list *files;
};

static void add(struct listing *listing, struct str name, uint64_t size_bytes) {
    struct place_file *file = arena_alloc(listing->arena, sizeof *file);
    *file = (struct place_file){ arena_copy(listing->arena, name), size_bytes };
    list_add(listing->files, file, listing->arena);
}

static enum err_code add_object(void *context, struct str key, uint64_t size, int64_t modified_ms, struct err *err) {
    (void)modified_ms;
    (void)err;
    add(context, key, size);
    return OK;
}

/* Folders that another process removes while they are read are gone, which is no error. */
static enum err_code list_tree(const struct place *place, const char *name, struct listing *listing, struct err *err) {
    char *const roots[] = { file_join(listing->arena, place->folder, name), NULL };
    size_t skipped = strlen(place->folder) + 1;
    FTSENT *entry;

    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    if (tree == NULL)
        return err_set_errno(err, errno, "cannot read the folder '%s'", roots[0]);
    while ((entry = fts_read(tree)) != NULL) {
        if (entry->fts_info == FTS_D && entry->fts_level == 1 && strcmp(entry->fts_name, "staged") == 0)
            (void)fts_set(tree, entry, FTS_SKIP);
        if (entry->fts_info == FTS_F)
            add(listing, str_from_c(entry->fts_path + skipped), (uint64_t)entry->fts_statp->st_size);
    }
    (void)fts_close(tree);
    return OK;
}

static int compare_names(const void *a, const void *b) {
    const struct place_file *const *one = a, *const *other = b;
    return str_compare((*one)->name, (*other)->name);
}

enum err_code place_list(struct place *place, struct arena *arena, struct list *files, struct err *err) {
    struct listing listing = { arena, files };
    *files = (struct list){ 0 };
    for (size_t i = 0; i < TREE_COUNT; i++) {
        struct str prefix = arena_printf(arena, "%s/", trees[i]);
        TRY(place->bucket != NULL ? s3_list(place->bucket, prefix, add_object, &listing, err) : list_tree(place, trees[i], &listing, err));
    }
    if (files->count > 0)
        qsort(files->items, files->count, sizeof *files->items, compare_names);
    return OK;
}

/* ---- what it hashes to ---- */

/* False: it is no blob's name. */
static bool digest_in(struct str name, unsigned char sha256[SHA256_BYTES]) {
    char hex[SHA256_HEX_LEN];
    struct str rest = str_from(name, strlen("blobs/"));

    if (!str_starts_with(name, STR("blobs/")) || rest.len != SHA256_HEX_LEN + 1)
        return false;
    memcpy(hex, rest.ptr, 2);
    memcpy(hex + 2, rest.ptr + 3, SHA256_HEX_LEN - 2);
    return hash_from_hex((struct str){ hex, SHA256_HEX_LEN }, sha256, SHA256_BYTES);
}

bool place_is_named_so(struct str name, const unsigned char sha256[SHA256_BYTES]) {
    unsigned char named[SHA256_BYTES];
    if (!str_starts_with(name, STR("blobs/")))
        return true;
    return digest_in(name, named) && hash_equal(named, sha256, SHA256_BYTES);
}

/* Reads from where fd stands to the end, and writes it to `to` unless that is negative. */
static enum err_code pour(int from, int to, unsigned char sha256[SHA256_BYTES], struct str name, struct err *err) {
    char *bytes = malloc(COPY_BYTES);
    enum err_code code = OK;
    ssize_t got = 1;

    if (bytes == NULL)
        log_fatal("out of memory: cannot carry files");
    struct hash_stream *hash = hash_stream_create_sha256();
    while (code == OK && got != 0) {
        got = read(from, bytes, COPY_BYTES);
        if (got < 0 && errno != EINTR)
            code = err_set_errno(err, errno, "cannot read '%.*s'", STR_ARG(name));
        if (got <= 0)
            continue;
        hash_stream_add(hash, (struct str){ bytes, (size_t)got });
        if (to >= 0)
            code = file_write_all(to, (struct str){ bytes, (size_t)got }, "a file that is carried", err);
    }
    hash_stream_end(hash, sha256, NULL);
    hash_stream_destroy(hash);
    free(bytes);
    return code;
}

static enum err_code hash_from_start(int fd, unsigned char sha256[SHA256_BYTES], struct str name, struct err *err) {
    if (lseek(fd, 0, SEEK_SET) != 0)
        return err_set_errno(err, errno, "cannot read '%.*s'", STR_ARG(name));
    return pour(fd, -1, sha256, name, err);
}

/* ---- reading and writing ---- */

static enum err_code open_nameless(int *fd, struct err *err) {
    const char *folder = getenv("TMPDIR");
    *fd = open(folder != NULL ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return *fd >= 0 ? OK : err_set_errno(err, errno, "cannot make a temporary file in '%s'", folder != NULL ? folder : "/var/tmp");
}

/* What arrives as a blob is held against the blob's name while it is fetched, and need not be hashed again. */
static enum err_code fetch(struct place *place, struct str name, int fd, unsigned char sha256[SHA256_BYTES], struct err *err) {
    struct arena *arena = arena_create();
    bool is_known = digest_in(name, sha256);
    uint64_t size;
    enum err_code code = s3_fetch(place->bucket, name, is_known ? hash_hex(sha256, SHA256_BYTES, arena) : STR_EMPTY, fd, &size, err);
    if (code == OK && !is_known)
        code = hash_from_start(fd, sha256, name, err);
    arena_destroy(arena);
    return code;
}

static enum err_code open_here(struct place *place, struct str name, int *fd, struct err *err) {
    struct arena *arena = arena_create();
    enum err_code code = file_open(fd, file_join(arena, place->folder, arena_copy_c(arena, name)), O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0, err);
    arena_destroy(arena);
    return code;
}

/* From where fd stands. */
static enum err_code read_whole(struct place *place, struct str name, int *fd, unsigned char sha256[SHA256_BYTES], struct err *err) {
    TRY(place->bucket != NULL ? open_nameless(fd, err) : open_here(place, name, fd, err));
    enum err_code code = place->bucket != NULL ? fetch(place, name, *fd, sha256, err) : pour(*fd, -1, sha256, name, err);
    if (code != OK)
        (void)close(*fd);
    return code;
}

enum err_code place_hash(struct place *place, struct str name, unsigned char sha256[SHA256_BYTES], struct err *err) {
    int fd;
    TRY(read_whole(place, name, &fd, sha256, err));
    (void)close(fd);
    return OK;
}

static enum err_code fill(struct place *source, struct str name, int out, unsigned char sha256[SHA256_BYTES], struct err *err) {
    int fd;
    if (source->bucket != NULL)
        return fetch(source, name, out, sha256, err);
    TRY(open_here(source, name, &fd, err));
    enum err_code code = pour(fd, out, sha256, name, err);
    (void)close(fd);
    return code;
}

static enum err_code copy_here(struct place *source, struct place *target, struct str name, unsigned char sha256[SHA256_BYTES],
                               struct arena *arena, struct err *err) {
    struct str tree, rest;
    char *staged;
    int out;

    (void)str_cut(name, '/', &tree, &rest);
    struct depot *depot = target->depots[str_eq_c(tree, trees[0]) ? 0 : 1];
    TRY(depot_stage(depot, &out, &staged, arena, err));
    enum err_code code = fill(source, name, out, sha256, err);
    if (code == OK)
        code = depot_publish(depot, out, staged, rest, err);
    if (code != OK)
        (void)unlink(staged);
    (void)close(out);
    return code;
}

enum err_code place_copy(struct place *source, struct place *target, const struct place_file *file, unsigned char sha256[SHA256_BYTES],
                         struct err *err) {
    enum err_code code;
    int fd;

    if (target->bucket == NULL) {
        struct arena *arena = arena_create();
        code = copy_here(source, target, file->name, sha256, arena, err);
        arena_destroy(arena);
        return code;
    }
    TRY(read_whole(source, file->name, &fd, sha256, err));
    code = s3_put_file(target->bucket, file->name, fd, file->size_bytes, err);
    (void)close(fd);
    return code;
}
