/* arena.h - memory with one lifetime: many small allocations, given back together.
 *
 * A function that takes a struct arena * puts its result there, and nobody frees it. One arena per request,
 * reset when the response is sent. Out of memory ends the process, so sizes from outside are checked against
 * a named limit before they reach an arena. Not for the client library, which lives in somebody's training.
 *
 * Threads: one arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena);

/* Everything allocated so far becomes invalid; the first block is kept for the next user. */
void arena_reset(struct arena *arena);

/* Aligned to 16 bytes, not cleared. A size of 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size_bytes) __attribute__((malloc, returns_nonnull));
/* Cleared. Ends the process when count * size overflows. */
void *arena_calloc(struct arena *arena, size_t count, size_t size_bytes) __attribute__((malloc, returns_nonnull));

/* An array of count items; grows by copying, so old pointers into it are stale. */
void *arena_grow(struct arena *arena, void *old, size_t old_count, size_t new_count, size_t item_bytes);

/* Copies are terminated with a NUL that is not counted in len. */
struct str arena_copy(struct arena *arena, struct str text);
char *arena_copy_c(struct arena *arena, struct str text);
struct str arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* Bytes handed out since the last reset, for limits and metrics. */
size_t arena_used_bytes(const struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_calloc((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_calloc((arena), (count), sizeof(type)))

#endif
