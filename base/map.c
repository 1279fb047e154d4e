/* map.c - see map.h. Linear probing; removing moves the entries behind back, so there are no tombstones. */
#include "base/map.h"

#include "base/hash.h"
#include "base/log.h"

enum { SMALLEST_SLOT_COUNT = 16 };

struct slot {
    struct str key;
    void *value; /* NULL: the slot is free */
    uint64_t hash;
};

struct map {
    struct arena *keys;
    struct slot *slots;
    size_t slot_count; /* a power of two */
    size_t count;
};

static struct slot *slots_create(size_t count) {
    struct slot *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        log_fatal("out of memory: cannot allocate a map of %zu slots", count);
    return slots;
}

struct map *map_create(struct arena *keys) {
    struct map *map = malloc(sizeof *map);
    if (map == NULL)
        log_fatal("out of memory: cannot allocate a map");
    *map = (struct map){ .keys = keys, .slots = slots_create(SMALLEST_SLOT_COUNT), .slot_count = SMALLEST_SLOT_COUNT };
    return map;
}

void map_destroy(struct map *map) {
    if (map == NULL)
        return;
    free(map->slots);
    free(map);
}

/* Where the key is, or the free slot where it would go. There is always a free one. */
static size_t find_slot(const struct map *map, struct str key, uint64_t hash) {
    size_t mask = map->slot_count - 1;
    size_t i = hash & mask;
    while (map->slots[i].value != NULL && (map->slots[i].hash != hash || !str_eq(map->slots[i].key, key)))
        i = (i + 1) & mask;
    return i;
}

void *map_find(const struct map *map, struct str key) {
    return map->slots[find_slot(map, key, hash_of_str(key))].value;
}

static void grow(struct map *map) {
    struct slot *old = map->slots;
    size_t old_count = map->slot_count;

    map->slot_count *= 2;
    map->slots = slots_create(map->slot_count);
    for (size_t i = 0; i < old_count; i++)
        if (old[i].value != NULL)
            map->slots[find_slot(map, old[i].key, old[i].hash)] = old[i];
    free(old);
}

void map_put(struct map *map, struct str key, void *value) {
    uint64_t hash = hash_of_str(key);
    if ((map->count + 1) * 4 > map->slot_count * 3)
        grow(map);
    struct slot *slot = &map->slots[find_slot(map, key, hash)];
    if (slot->value == NULL) {
        map->count++;
        slot->hash = hash;
        slot->key = map->keys == NULL ? key : arena_copy(map->keys, key);
    } else if (map->keys == NULL) {
        slot->key = key; /* a borrowed key often lies in the value, and the old value may go now */
    }
    slot->value = value;
}

void *map_remove(struct map *map, struct str key) {
    size_t mask = map->slot_count - 1;
    size_t hole = find_slot(map, key, hash_of_str(key));
    void *removed = map->slots[hole].value;

    if (removed == NULL)
        return NULL;
    for (size_t i = (hole + 1) & mask; map->slots[i].value != NULL; i = (i + 1) & mask) {
        size_t home = map->slots[i].hash & mask;
        /* An entry may fill the hole only if the hole is not before its home, counted around the end. */
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            map->slots[hole] = map->slots[i];
            hole = i;
        }
    }
    map->slots[hole] = (struct slot){ .value = NULL };
    map->count--;
    return removed;
}

size_t map_count(const struct map *map) {
    return map->count;
}

bool map_next(const struct map *map, size_t *position, struct str *key, void **value) {
    for (; *position < map->slot_count; (*position)++) {
        const struct slot *slot = &map->slots[*position];
        if (slot->value == NULL)
            continue;
        *key = slot->key;
        *value = slot->value;
        (*position)++;
        return true;
    }
    return false;
}
