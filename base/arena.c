/* arena.c - see arena.h. Blocks in a list; a block grows with the arena so that few are needed. */
#include "base/arena.h"

#include "base/log.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>

enum { FIRST_BLOCK_BYTES = 4096, LARGEST_BLOCK_BYTES = 1 << 20, ALIGNMENT = 16, PRINTED_BYTES = 512 };

struct block {
    struct block *older;
    size_t size_bytes, used_bytes;
    alignas(ALIGNMENT) char data[];
};

struct arena {
    struct block *newest;
    size_t used_bytes;
    size_t next_block_bytes;
};

static struct block *block_create(size_t size_bytes, struct block *older) {
    struct block *block = malloc(sizeof *block + size_bytes);
    if (block == NULL)
        log_fatal("out of memory: cannot allocate %zu bytes", size_bytes);
    block->older = older;
    block->size_bytes = size_bytes;
    block->used_bytes = 0;
    return block;
}

struct arena *arena_create(void) {
    struct arena *arena = malloc(sizeof *arena);
    if (arena == NULL)
        log_fatal("out of memory: cannot allocate an arena");
    arena->newest = NULL;
    arena->used_bytes = 0;
    arena->next_block_bytes = FIRST_BLOCK_BYTES;
    return arena;
}

static void free_blocks_down_to(struct arena *arena, struct block *kept) {
    while (arena->newest != kept) {
        struct block *older = arena->newest->older;
        free(arena->newest);
        arena->newest = older;
    }
}

void arena_destroy(struct arena *arena) {
    if (arena == NULL)
        return;
    free_blocks_down_to(arena, NULL);
    free(arena);
}

void arena_reset(struct arena *arena) {
    struct block *first = arena->newest;
    while (first != NULL && first->older != NULL)
        first = first->older;
    free_blocks_down_to(arena, first);
    if (first != NULL && first->size_bytes > FIRST_BLOCK_BYTES)
        free_blocks_down_to(arena, NULL);
    else if (first != NULL)
        first->used_bytes = 0;
    arena->used_bytes = 0;
    arena->next_block_bytes = FIRST_BLOCK_BYTES;
}

static void add_block(struct arena *arena, size_t needed_bytes) {
    size_t size_bytes = arena->next_block_bytes;
    if (size_bytes < needed_bytes)
        size_bytes = needed_bytes;
    arena->newest = block_create(size_bytes, arena->newest);
    if (arena->next_block_bytes < LARGEST_BLOCK_BYTES)
        arena->next_block_bytes *= 2;
}

void *arena_alloc(struct arena *arena, size_t size_bytes) {
    if (size_bytes > SIZE_MAX / 2)
        log_fatal("out of memory: an allocation of %zu bytes was asked for", size_bytes);
    size_t rounded = (size_bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct block *block = arena->newest;
    if (block == NULL || block->size_bytes - block->used_bytes < rounded) {
        add_block(arena, rounded);
        block = arena->newest;
    }
    void *result = block->data + block->used_bytes;
    block->used_bytes += rounded;
    arena->used_bytes += rounded;
    return result;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size_bytes) {
    size_t total;
    if (__builtin_mul_overflow(count, size_bytes, &total))
        log_fatal("out of memory: %zu items of %zu bytes were asked for", count, size_bytes);
    void *result = arena_alloc(arena, total);
    memset(result, 0, total);
    return result;
}

void *arena_grow(struct arena *arena, void *old, size_t old_count, size_t new_count, size_t item_bytes) {
    void *result = arena_calloc(arena, new_count, item_bytes);
    if (old_count > 0)
        memcpy(result, old, old_count * item_bytes);
    return result;
}

struct str arena_copy(struct arena *arena, struct str text) {
    return (struct str){ arena_copy_c(arena, text), text.len };
}

char *arena_copy_c(struct arena *arena, struct str text) {
    char *copy = arena_alloc(arena, text.len + 1);
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}

struct str arena_printf(struct arena *arena, const char *format, ...) {
    va_list args;

    assert(format != NULL); /* UBSan's own check makes gcc 12 think that it may be, and warn */
    char first[PRINTED_BYTES]; /* most are short: to format is the larger part, and once is enough for them */
    va_start(args, format);
    int len = vsnprintf(first, sizeof first, format, args);
    va_end(args);
    if (len < 0)
        log_fatal("cannot format '%s'", format);
    char *text = arena_alloc(arena, (size_t)len + 1);
    if ((size_t)len < sizeof first) {
        memcpy(text, first, (size_t)len + 1);
        return (struct str){ text, (size_t)len };
    }
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return (struct str){ text, (size_t)len };
}

size_t arena_used_bytes(const struct arena *arena) {
    return arena->used_bytes;
}
