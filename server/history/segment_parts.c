/* segment_parts.c - see segment_parts.h. So few are kept that looking at each costs less than a microsecond. */
#include "server/history/segment_parts.h"

#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 256 };

struct part {
    uint64_t offset, used_at;
    struct str name, bytes;
    char data[]; /* of the two */
};

struct segment_parts {
    size_t max_bytes;
    pthread_mutex_t lock; /* guards all that follows */
    struct part *parts[PARTS_MAX];
    size_t count, used_bytes;
    uint64_t clock;
};

struct segment_parts *segment_parts_create(size_t max_bytes) {
    struct segment_parts *parts = calloc(1, sizeof *parts);
    if (parts == NULL)
        log_fatal("out of memory: the parts of segments");
    pthread_mutex_init(&parts->lock, NULL);
    parts->max_bytes = max_bytes;
    return parts;
}

static void drop(struct segment_parts *parts, size_t at) {
    parts->used_bytes -= parts->parts[at]->bytes.len;
    free(parts->parts[at]);
    parts->parts[at] = parts->parts[--parts->count];
}

void segment_parts_destroy(struct segment_parts *parts) {
    if (parts == NULL)
        return;
    while (parts->count > 0)
        drop(parts, parts->count - 1);
    pthread_mutex_destroy(&parts->lock);
    free(parts);
}

static struct part *find(const struct segment_parts *parts, struct str name, uint64_t offset, size_t size) {
    for (size_t i = 0; i < parts->count; i++) {
        struct part *part = parts->parts[i];
        if (part->offset == offset && part->bytes.len == size && str_eq(part->name, name))
            return part;
    }
    return NULL;
}

bool segment_parts_get(struct segment_parts *parts, struct str name, uint64_t offset, size_t size, void *out) {
    pthread_mutex_lock(&parts->lock);
    struct part *part = find(parts, name, offset, size);
    if (part != NULL) {
        part->used_at = ++parts->clock;
        memcpy(out, part->bytes.ptr, size);
    }
    pthread_mutex_unlock(&parts->lock);
    return part != NULL;
}

static void make_room(struct segment_parts *parts, size_t needed_bytes) {
    while (parts->count > 0 && (parts->count == PARTS_MAX || parts->used_bytes + needed_bytes > parts->max_bytes)) {
        size_t oldest = 0;
        for (size_t i = 1; i < parts->count; i++)
            if (parts->parts[i]->used_at < parts->parts[oldest]->used_at)
                oldest = i;
        drop(parts, oldest);
    }
}

static struct part *part_create(struct str name, uint64_t offset, struct str bytes) {
    struct part *part = malloc(sizeof *part + name.len + bytes.len);
    if (part == NULL)
        log_fatal("out of memory: %zu bytes of a segment", bytes.len);
    *part = (struct part){ .offset = offset, .name = { part->data, name.len }, .bytes = { part->data + name.len, bytes.len } };
    memcpy(part->data, name.ptr, name.len);
    memcpy(part->data + name.len, bytes.ptr, bytes.len);
    return part;
}

void segment_parts_keep(struct segment_parts *parts, struct str name, uint64_t offset, struct str bytes) {
    if (bytes.len == 0 || bytes.len > parts->max_bytes)
        return;
    pthread_mutex_lock(&parts->lock);
    if (find(parts, name, offset, bytes.len) == NULL) { /* two may have read it at once */
        make_room(parts, bytes.len);
        struct part *part = part_create(name, offset, bytes);
        part->used_at = ++parts->clock;
        parts->parts[parts->count++] = part;
        parts->used_bytes += bytes.len;
    }
    pthread_mutex_unlock(&parts->lock);
}

void segment_parts_forget(struct segment_parts *parts, struct str name) {
    pthread_mutex_lock(&parts->lock);
    for (size_t i = parts->count; i > 0; i--)
        if (str_eq(parts->parts[i - 1]->name, name))
            drop(parts, i - 1);
    pthread_mutex_unlock(&parts->lock);
}
