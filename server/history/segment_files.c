/* segment_files.c - see segment_files.h. */
#include "server/history/segment_files.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "server/history/segment_parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RANDOM_BYTES = 16, WRITE_BYTES = 1 << 20, PART_MAX_BYTES = 256 << 10, PARTS_BYTES = 16 << 20 };

struct segment_files {
    struct depot *depot;
    struct segment_parts *parts;
};

struct segment_file {
    struct arena *arena;
    struct depot *depot;
    struct str name;
    char *staged;
    int fd;
    bool is_published;
    struct buf pending;
    uint64_t size_bytes;
};

struct segment_files *segment_files_create(struct depot *depot) {
    struct segment_files *files = calloc(1, sizeof *files);
    if (files == NULL)
        log_fatal("out of memory: the files of histories");
    files->depot = depot;
    files->parts = segment_parts_create(PARTS_BYTES);
    return files;
}

void segment_files_destroy(struct segment_files *files) {
    if (files == NULL)
        return;
    segment_parts_destroy(files->parts);
    free(files);
}

/* ---- writing ---- */

enum err_code segment_file_create(struct segment_file **out, struct segment_files *files, int64_t run, struct err *err) {
    struct arena *arena = arena_create();
    struct segment_file *file = ARENA_NEW(arena, struct segment_file);
    unsigned char random[RANDOM_BYTES];

    hash_random(random, sizeof(random));
    struct str hex = hash_hex(random, sizeof(random), arena);
    file->arena = arena;
    file->depot = files->depot;
    file->fd = -1;
    buf_init(&file->pending, 2 * WRITE_BYTES);
    file->name = arena_printf(arena, "%lld/%.*s.parquet", (long long)run, STR_ARG(hex));
    enum err_code code = depot_stage(files->depot, &file->fd, &file->staged, arena, err);
    if (code == OK)
        *out = file;
    else
        segment_file_destroy(file);
    return code;
}

static enum err_code write_pending(struct segment_file *file, struct err *err) {
    TRY(file_write_all(file->fd, buf_str(&file->pending), file->staged, err));
    buf_reset(&file->pending);
    return OK;
}

enum err_code segment_file_append(struct segment_file *file, struct str bytes, struct err *err) {
    file->size_bytes += bytes.len;
    if (file->pending.len + bytes.len > WRITE_BYTES)
        TRY(write_pending(file, err));
    if (bytes.len > WRITE_BYTES)
        return file_write_all(file->fd, bytes, file->staged, err);
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
    TRY(depot_publish(file->depot, file->fd, file->staged, file->name, err));
    file->is_published = true;
    return OK;
}

void segment_file_destroy(struct segment_file *file) {
    struct err err = { 0 };

    if (file == NULL)
        return;
    if (file->fd >= 0)
        (void)close(file->fd);
    if (file->fd >= 0 && !file->is_published && file_remove(file->staged, &err) != OK)
        log_warn("a temporary segment stays until the next start: %s", err.message);
    buf_finish(&file->pending);
    arena_destroy(file->arena);
}

/* ---- reading ---- */

enum err_code segment_files_open(struct segment_files *files, struct str name, int *fd, struct err *err) {
    return depot_read(files->depot, name, fd, err);
}

enum err_code segment_files_read(struct segment_files *files, struct str name, uint64_t offset, size_t size, void *out,
                                 struct err *err) {
    if (size > PART_MAX_BYTES)
        return depot_read_part(files->depot, name, offset, size, out, err);
    if (segment_parts_get(files->parts, name, offset, size, out))
        return OK;
    bool is_far = depot_is_far(files->depot, name);
    TRY(depot_read_part(files->depot, name, offset, size, out, err));
    if (is_far)
        segment_parts_keep(files->parts, name, offset, (struct str){ out, size });
    return OK;
}

void segment_files_forget(struct segment_files *files, struct str name) {
    segment_parts_forget(files->parts, name);
}

bool segment_files_is_far(struct segment_files *files, struct str name) {
    return depot_is_far(files->depot, name);
}

enum err_code segment_files_remove(struct segment_files *files, struct str name, struct err *err) {
    segment_parts_forget(files->parts, name);
    return depot_remove(files->depot, name, err);
}

/* ---- what lies there ---- */

/* "7/0123456789abcdef0123456789abcdef.parquet" */
static bool is_our_name(struct str name) {
    struct str run, file;
    int64_t number;
    size_t digits = 0;

    if (!str_cut(name, '/', &run, &file) || !str_to_i64(run, &number))
        return false;
    while (digits < file.len && strchr("0123456789abcdef", file.ptr[digits]) != NULL)
        digits++;
    return digits == 2 * RANDOM_BYTES && str_eq_c(str_from(file, digits), ".parquet");
}

struct listing {
    depot_visit *visit;
    void *context;
};

static enum err_code visit_ours(void *context, struct str name, int64_t modified_ms, struct err *err) {
    const struct listing *listing = context;
    return is_our_name(name) ? listing->visit(listing->context, name, modified_ms, err) : OK;
}

enum err_code segment_files_list(struct segment_files *files, depot_visit *visit, void *context, struct err *err) {
    struct listing listing = { visit, context };
    return depot_list(files->depot, STR_EMPTY, visit_ours, &listing, err);
}

void segment_files_remove_empty_folders(struct segment_files *files, int64_t before_ms) {
    depot_remove_empty_folders(files->depot, before_ms);
}
