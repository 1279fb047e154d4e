/* compared.c - see compared.h. */
#include "server/transfer/compared.h"

#include "base/file.h"
#include "base/log.h"
#include "base/map.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 1 << 30 };

struct compared {
    int fd;
    char *path;
    struct arena *arena;
    struct map *lines; /* "SIZE NAME" */
    pthread_mutex_t mutex;
};

static char present; /* what a set's keys lead to */

static struct str line_of(const struct place_file *file, struct arena *arena) {
    return arena_printf(arena, "%llu %.*s", (unsigned long long)file->size_bytes, STR_ARG(file->name));
}

/* The first line says whose files these are; a last line without an end was cut off. False: it is another's. */
static bool read_lines(struct compared *compared, struct str text, struct str target) {
    struct str line, rest = text;

    if (!str_cut(rest, '\n', &line, &rest) || !str_eq(line, target))
        return false;
    while (str_cut(rest, '\n', &line, &rest))
        map_put(compared->lines, line, &present);
    return line.len == 0;
}

static enum err_code begin(struct compared *compared, struct str target, struct err *err) {
    struct str text = STR_EMPTY;

    if (file_exists(compared->path))
        TRY(file_read_all(&text, compared->path, FILE_MAX_BYTES, compared->arena, err));
    if (read_lines(compared, text, target))
        return file_open(&compared->fd, compared->path, O_WRONLY | O_APPEND | O_CLOEXEC, 0600, err);
    map_destroy(compared->lines);
    compared->lines = map_create(NULL);
    TRY(file_open(&compared->fd, compared->path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600, err));
    return file_write_all(compared->fd, arena_printf(compared->arena, "%.*s\n", STR_ARG(target)), compared->path, err);
}

enum err_code compared_open(struct compared **out, const char *path, struct str target, struct err *err) {
    struct compared *compared = calloc(1, sizeof *compared);

    if (compared == NULL)
        log_fatal("out of memory: cannot remember what was compared");
    *compared = (struct compared){ .fd = -1, .arena = arena_create(), .lines = map_create(NULL) };
    (void)pthread_mutex_init(&compared->mutex, NULL);
    *out = compared;
    if (path == NULL)
        return OK;
    compared->path = arena_copy_c(compared->arena, str_from_c(path));
    return begin(compared, target, err);
}

void compared_close(struct compared *compared) {
    if (compared == NULL)
        return;
    if (compared->fd >= 0)
        (void)close(compared->fd);
    (void)pthread_mutex_destroy(&compared->mutex);
    map_destroy(compared->lines);
    arena_destroy(compared->arena);
    free(compared);
}

bool compared_has(struct compared *compared, const struct place_file *file) {
    if (compared == NULL)
        return false;
    struct arena *scratch = arena_create();
    struct str line = line_of(file, scratch);
    (void)pthread_mutex_lock(&compared->mutex);
    bool has = map_find(compared->lines, line) != NULL;
    (void)pthread_mutex_unlock(&compared->mutex);
    arena_destroy(scratch);
    return has;
}

enum err_code compared_add(struct compared *compared, const struct place_file *file, struct err *err) {
    if (compared == NULL)
        return OK;
    (void)pthread_mutex_lock(&compared->mutex);
    struct str line = line_of(file, compared->arena);
    map_put(compared->lines, line, &present);
    enum err_code code = compared->fd < 0 ? OK : file_write_all(compared->fd, arena_printf(compared->arena, "%.*s\n", STR_ARG(line)), compared->path, err);
    (void)pthread_mutex_unlock(&compared->mutex);
    return code;
}
