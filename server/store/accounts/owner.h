/* owner.h - whose a thing is: the first member of every object that is handed to GraphQL or checked for access, so
 * that one function authorises the object itself and never a path or a sibling argument. */
#ifndef SERVER_STORE_OWNER_H
#define SERVER_STORE_OWNER_H

#include <stdint.h>

struct owner {
    int64_t entity_id;
    int64_t project_id; /* 0: the thing belongs to the entity itself */
};

#endif
