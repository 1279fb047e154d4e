/* node_id.c - see node_id.h. */
#include "server/api/node_id.h"

#include "base/hash.h"

enum { NODE_ID_MAX = 128 };

struct str node_id_make(const char *kind, int64_t number, struct arena *arena) {
    return hash_base64(arena_printf(arena, "%s:%lld", kind, (long long)number), arena);
}

bool node_id_parse(struct str id, const char *kind, int64_t *number, struct arena *arena) {
    struct str text, found_kind, digits;
    return id.len <= NODE_ID_MAX && hash_from_base64(id, &text, arena) && str_cut(text, ':', &found_kind, &digits) &&
           str_eq_c(found_kind, kind) && str_to_i64(digits, number);
}
