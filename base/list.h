/* list.h - pointers in the order they were added, growing inside an arena. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/arena.h"

struct list {
    void **items;
    size_t count, room;
};

static inline void list_add(struct list *list, void *item, struct arena *arena) {
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 16 : list->room * 2;
        list->items = (void **)arena_grow(arena, list->items, list->count, room, sizeof(void *));
        list->room = room;
    }
    list->items[list->count++] = item;
}

#endif
