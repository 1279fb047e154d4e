/* s3_xml.c - the little XML that stores answer with: elements by name, text, five entities. Attributes, comments and
 * nesting of one name are not looked at; none of the answers has them where we look.
 */
#include "server/blobs/s3_parts.h"

#include <string.h>

/* Where the mark begins, at or after `at`. */
static bool find_mark(struct str xml, size_t at, struct str mark, size_t *found_at) {
    const char *found = at > xml.len ? NULL : memmem(xml.ptr + at, xml.len - at, mark.ptr, mark.len);
    if (found != NULL)
        *found_at = (size_t)(found - xml.ptr);
    return found != NULL;
}

struct str s3_xml_inner(struct str xml, const char *name, size_t *at) {
    char open[64], close[64];
    size_t first, end;
    (void)snprintf(open, sizeof open, "<%.60s>", name);
    (void)snprintf(close, sizeof close, "</%.60s>", name);
    if (!find_mark(xml, *at, str_from_c(open), &first))
        return (struct str){ NULL, 0 };
    first += strlen(open);
    if (!find_mark(xml, first, str_from_c(close), &end))
        return (struct str){ NULL, 0 };
    *at = end + strlen(close);
    return (struct str){ xml.ptr + first, end - first };
}

static const struct {
    struct str name;
    char c;
} entities[] = { { STR_INIT("&amp;"), '&' },   { STR_INIT("&lt;"), '<' },    { STR_INIT("&gt;"), '>' },
                 { STR_INIT("&quot;"), '"' },  { STR_INIT("&apos;"), '\'' }, { STR_INIT("&#34;"), '"' },
                 { STR_INIT("&#39;"), '\'' } };

static size_t read_entity(struct str text, char *c) {
    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++)
        if (str_starts_with(text, entities[i].name)) {
            *c = entities[i].c;
            return entities[i].name.len;
        }
    *c = text.ptr[0];
    return 1;
}

struct str s3_xml_text(struct str xml, const char *name, size_t *at, struct arena *arena) {
    struct str inner = s3_xml_inner(xml, name, at);
    if (inner.ptr == NULL)
        return inner;
    char *out = arena_alloc(arena, inner.len + 1);
    size_t len = 0;
    while (inner.len > 0)
        inner = str_from(inner, read_entity(inner, &out[len++]));
    out[len] = '\0';
    return (struct str){ out, len };
}
