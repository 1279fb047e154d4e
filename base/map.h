/* map.h - text to pointer, in memory. Open addressing; keys are borrowed or copied as the owner chooses.
 *
 * Threads: none of its own. Memory: its table is on the heap; keys live in the arena given to map_create, or,
 * when that is NULL, are borrowed and must outlive the map.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

struct map;

struct map *map_create(struct arena *keys);
void map_destroy(struct map *map); /* NULL is fine; the values are the owner's */

void *map_find(const struct map *map, struct str key); /* NULL when missing */
void map_put(struct map *map, struct str key, void *value); /* replaces; value is not NULL */
void *map_remove(struct map *map, struct str key);          /* what was there, or NULL */
size_t map_count(const struct map *map);

/* Walks all entries in no order: begin with *position 0; false at the end. Do not change the map meanwhile. */
bool map_next(const struct map *map, size_t *position, struct str *key, void **value);

#endif
