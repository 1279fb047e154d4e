/* range.c - see range.h. */
#include "server/http/range.h"

static struct range part(uint64_t first, uint64_t last, uint64_t size) {
    if (first >= size)
        return (struct range){ .kind = RANGE_UNSATISFIABLE };
    if (last >= size)
        last = size - 1;
    return (struct range){ RANGE_PART, first, last - first + 1 };
}

struct range range_parse(struct str value, uint64_t size) {
    struct range whole = { RANGE_WHOLE, 0, size };
    struct str first_text, last_text;
    uint64_t first, last = UINT64_MAX;

    if (value.ptr == NULL || !str_starts_with(value, STR("bytes=")))
        return whole;
    struct str spec = str_trim(str_from(value, 6));
    if (spec.len > 0 && memchr(spec.ptr, ',', spec.len) != NULL)
        return (struct range){ .kind = RANGE_REFUSED };
    if (!str_cut(spec, '-', &first_text, &last_text))
        return whole;
    if (first_text.len == 0) { /* the last so many bytes */
        if (!str_to_u64(last_text, &last))
            return whole;
        return last == 0 ? (struct range){ .kind = RANGE_UNSATISFIABLE }
                         : part(last < size ? size - last : 0, UINT64_MAX, size);
    }
    if (!str_to_u64(first_text, &first) ||
        (last_text.len > 0 && (!str_to_u64(last_text, &last) || last < first)))
        return whole;
    return part(first, last, size);
}

static struct str without_weakness(struct str tag) {
    return str_starts_with(tag, STR("W/")) ? str_from(tag, 2) : tag;
}

bool etag_matches_any(struct str list, struct str etag) {
    if (list.ptr == NULL || etag.len == 0)
        return false;
    if (str_eq(str_trim(list), STR("*")))
        return true;
    for (bool has_more = true; has_more;) {
        struct str item;
        has_more = str_cut(list, ',', &item, &list);
        if (str_eq(without_weakness(str_trim(item)), without_weakness(etag)))
            return true;
    }
    return false;
}
