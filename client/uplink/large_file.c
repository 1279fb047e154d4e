/* large_file.c - see large_file.h. */
#include "client/uplink/large_file.h"

#include "base/os.h"

#include <errno.h>

enum { PART_BYTES = 100 << 20, PART_UNIT_BYTES = 4096, SMALLEST_BYTES = 1 << 20 };

uint64_t large_file_from_bytes(void) {
    const char *wanted = getenv("BAROGRAPH_MULTIPART_BYTES");
    uint64_t bytes;
    if (wanted == NULL || !str_to_u64(str_from_c(wanted), &bytes))
        return (uint64_t)2 << 30;
    return bytes < SMALLEST_BYTES ? SMALLEST_BYTES : bytes;
}

uint64_t large_file_part_bytes(uint64_t size, uint64_t from_bytes) {
    uint64_t part = from_bytes < PART_BYTES ? from_bytes : PART_BYTES;
    uint64_t least = (size + LARGE_FILE_PARTS_MAX - 1) / LARGE_FILE_PARTS_MAX;
    least = (least + PART_UNIT_BYTES - 1) / PART_UNIT_BYTES * PART_UNIT_BYTES;
    return part < least ? least : part;
}

void large_file_destroy(struct large_file *file) {
    if (file == NULL)
        return;
    free(file->key);
    free(file->parts);
    free(file);
}

static bool is_same(const struct large_file *file, const char *key, const struct stat *stat) {
    const struct timespec changed = os_changed_at(stat);
    return file != NULL && strcmp(file->key, key) == 0 && file->size == (uint64_t)stat->st_size &&
           file->changed.tv_sec == changed.tv_sec && file->changed.tv_nsec == changed.tv_nsec;
}

static enum err_code cut(struct large_file *file, uint64_t part_bytes, struct err *err) {
    file->part_count = (size_t)((file->size + part_bytes - 1) / part_bytes);
    file->parts = calloc(file->part_count + 1, sizeof *file->parts);
    if (file->parts == NULL)
        return err_set(err, ERR_FULL, "out of memory");
    for (size_t i = 0; i < file->part_count; i++) {
        struct large_file_part *part = &file->parts[i];
        part->offset = i * part_bytes;
        part->length = file->size - part->offset < part_bytes ? file->size - part->offset : part_bytes;
    }
    return OK;
}

enum err_code large_file_measure(struct large_file **file, const char *key, int fd, uint64_t from_bytes, struct err *err) {
    struct stat stat;
    struct large_file *fresh = NULL;
    enum err_code code = OK;
    if (fstat(fd, &stat) != 0)
        return err_set_errno(err, errno, "cannot look at a file");
    if (is_same(*file, key, &stat))
        return OK;
    large_file_destroy(*file);
    *file = NULL;
    fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL || (fresh->key = strdup(key)) == NULL) {
        code = err_set(err, ERR_FULL, "out of memory");
        goto done;
    }
    fresh->size = (uint64_t)stat.st_size;
    fresh->changed = os_changed_at(&stat);
    code = cut(fresh, large_file_part_bytes(fresh->size, from_bytes), err);
    for (size_t i = 0; code == OK && i < fresh->part_count; i++)
        code = hash_md5_of_file(fresh->parts[i].md5, fd, fresh->parts[i].offset, fresh->parts[i].length, err);
    if (code == OK) {
        *file = fresh;
        fresh = NULL;
    }
done:
    large_file_destroy(fresh);
    return code;
}

bool large_file_begin_anew(struct large_file *file) {
    bool is_first = !file->was_begun_anew;
    file->was_begun_anew = true;
    for (size_t i = 0; i < file->part_count; i++)
        file->parts[i].etag[0] = '\0';
    return is_first;
}
